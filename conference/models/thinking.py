"""Models that think before they answer.

Guided decoding from the first token on would leave such a model no thoughts. With the rule
`reasoning_parser` vLLM guides it only once its thoughts have ended; without, its thoughts are
switched off, and each call says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

BEGIN, END = "<think>", "</think>"
# Other families' marks around their thoughts, where a server leaves them in the answer.
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
    """Whether a model thinks under these rules; "" for one whose chat template has no thoughts."""
    template = str(getattr(tokenizer, "chat_template", "") or "")
    if parser:
        return "on"
    return "off" if END in template or SWITCH in template else ""


def switch(tokenizer: Any, parser: str) -> dict[str, bool]:
    """What the chat template is told about thinking."""
    template = str(getattr(tokenizer, "chat_template", "") or "")
    return {SWITCH: bool(parser)} if SWITCH in template else {}


def without_thoughts(text: str) -> str:
    """What follows a model's thoughts; "" where they have not ended: what they try out is no
    answer."""
    for begin, end in MARKS:
        _, mark, rest = text.rpartition(end)
        if not mark and begin in text:
            return ""
        text = rest
    return text


def marked(text: str, tokens: Sequence[int], tokenizer: Any, parser: str) -> str:
    """An answer as `BEGIN` thoughts `END` content, whatever marks the model itself has.

    Without an `END` the thoughts did not end, and there is no content.
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
