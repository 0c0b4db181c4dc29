"""Conversations in a model's own chat template."""

from __future__ import annotations

from typing import Any

import msgspec

from conference.models.records import Message
from conference.models.thinking import switch


def templated(
    tokenizer: Any, messages: tuple[Message, ...], tokenize: bool, parser: str = ""
) -> Any:
    """A conversation as token ids, or as text if `tokenize` is False.

    `parser` is the model's `reasoning_parser`; without one its template is told not to think. If
    the template has no system role, the system message is put in front of the first turn.

    Raises:
        ValueError: the model has no chat template, or the template rejects the conversation.
    """
    import jinja2

    if getattr(tokenizer, "chat_template", "") is None:
        raise ValueError("it has no chat template; choose a model made for conversations")
    try:
        return _applied(tokenizer, messages, tokenize, parser)
    except jinja2.TemplateError as error:
        if messages[0].role != "system" or len(messages) < 2:
            raise ValueError(f"its chat template refuses the conversation: {error}") from error
    first, second, *rest = messages
    joined = msgspec.structs.replace(second, text=f"{first.text}\n\n{second.text}")
    return templated(tokenizer, (joined, *rest), tokenize, parser)


def _applied(tokenizer: Any, messages: tuple[Message, ...], tokenize: bool, parser: str) -> Any:
    turns = [_turn(message) for message in messages]
    found = tokenizer.apply_chat_template(
        turns, add_generation_prompt=True, tokenize=tokenize, **switch(tokenizer, parser)
    )
    if not tokenize:
        return found
    return list(found["input_ids"] if hasattr(found, "keys") else found)


def _turn(message: Message) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.text}
    before, after = message.around_images()
    first = [{"type": "text", "text": before}] if before else []
    parts = [{"type": "image"} for _ in message.images]
    return {"role": message.role, "content": [*first, *parts, {"type": "text", "text": after}]}
