"""Models that think before they answer.

Guided decoding from the first token on would leave no room for thoughts. With the rule
`reasoning_parser` vLLM starts it when the thoughts have ended. Without that rule thinking is
switched off, and each call records it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

BEGIN, END = "<think>", "</think>"
# Marks around the thoughts of various model families, as servers may leave them in an answer.
MARKS = (
    (BEGIN, END),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
)
SWITCH = "enable_thinking"  # what most chat templates call it
Thinking = Literal["", "on", "off"]


def thinking_of(tokenizer: Any, parser: str) -> Thinking:
    """Whether a model thinks with this parser; "" if its chat template has no thinking mode."""
    template = str(getattr(tokenizer, "chat_template", "") or "")
    if parser:
        return "on"
    return "off" if END in template or SWITCH in template else ""


def switch(tokenizer: Any, parser: str) -> dict[str, bool]:
    """Arguments that tell the chat template whether to think; empty if it takes none."""
    template = str(getattr(tokenizer, "chat_template", "") or "")
    return {SWITCH: bool(parser)} if SWITCH in template else {}


def without_thoughts(text: str) -> str:
    """The text after a model's thoughts; "" if the thoughts have not ended."""
    for begin, end in MARKS:
        _, mark, rest = text.rpartition(end)
        if not mark and begin in text:
            return ""
        text = rest
    return text


def marked(text: str, tokens: Sequence[int], tokenizer: Any, parser: str) -> str:
    """An answer as `BEGIN` thoughts `END` content, whatever marks the model itself uses.

    If the thoughts did not end, there is no `END` and no content.
    """
    from vllm.reasoning import ReasoningParserManager

    content = ReasoningParserManager.get_reasoning_parser(parser)(tokenizer).extract_content_ids(
        list(tokens)
    )
    if not content:
        return f"{BEGIN}{text.removeprefix(BEGIN).replace(END, '')}"
    thoughts, said = (
        tokenizer.decode(part, skip_special_tokens=True)
        for part in (tokens[: -len(content)], content)
    )
    thoughts = thoughts.replace(BEGIN, "").replace(END, "")
    return f"{BEGIN}{thoughts}{END}{said}"
