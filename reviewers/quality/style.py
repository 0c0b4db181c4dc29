"""What can be counted in the writing of a title and an abstract, whatever their topic."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).parent / "style.toml"
LONG, HIDDEN = 9, 5  # Letters above which a word counts as long; above which its ending is kept.
NEVER = 1.1  # Where a group's first word stands, as a share of the text, when there is none.
PLACES = ("we", "show", "propose", "contrast", "evidence", "problem", "known")

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_TOKEN = re.compile(r"[a-z][a-z'-]*|\d+|[^\sa-z\d]")
_CAMEL = re.compile(r"[a-z][A-Z]")
_SLIPS = re.compile(r"\w\(|\s[,.;]|[,;]\w|\.[A-Z][a-z]")
# What a final version says of itself: where its code is, and where it was published.
ADDRESS = re.compile(
    r"https?:|www\.|github|gitlab|4open|huggingface\.co|\b[\w-]+\.(?:com|org|io|net|edu)\b",
    re.IGNORECASE,
)
PUBLISHED = re.compile(
    r"\b(?:published|accepted|presented)\s+(?:as|at|in|to|by|for)\b[^.]{0,60}"
    r"\b(?:conference|workshop|journal|proceedings|iclr|neurips|icml)\b"
    r"|camera[- ]ready",
    re.IGNORECASE,
)
_PROMISED = re.compile(r"\b(?:upon|after) acceptance\b", re.IGNORECASE)  # Only submissions say it.
_CODE = re.compile(
    r"\b(?:code(?:base)?|implementation|datasets?|models?|videos?|demos?|project page)\b[^.]{0,60}"
    r"\b(?:available|released?|found|public\w*|open-?sourced?)\b"
    r"|\b(?:releas\w+|open-?sourc\w+|publish)\b[^.]{0,60}"
    r"\b(?:code(?:base)?|implementation|checkpoints|weights)\b",
    re.IGNORECASE,
)
_SIGNS_OF_FINAL = (ADDRESS, PUBLISHED, _PROMISED, _CODE)


class Lexicon(msgspec.Struct, frozen=True):
    """writing.toml, where its fields are explained."""

    words: dict[str, tuple[str, ...]]
    phrases: dict[str, str]


@cache
def lexicon() -> Lexicon:
    return msgspec.toml.decode(FILE.read_bytes(), type=Lexicon)


def cleaned(text: str) -> str:
    """The text without addresses, sentences on where code is available and where it was published,
    in single spaces.

    Accepted papers' abstracts are often the final ones, which say so: of ICLR 2022 abstracts with
    an address 89 % belong to accepted papers. No submission under review says where it appeared.
    """
    text = text.replace("\\n", " ")
    if any(sign.search(text) for sign in _SIGNS_OF_FINAL):
        sentences = _SENTENCE.split(text)
        kept = [s for s in sentences if not any(sign.search(s) for sign in _SIGNS_OF_FINAL)]
        text = " ".join(kept)
    return " ".join(text.split())


def tokens(text: str) -> list[str]:
    """Lower-case words, numbers and single signs."""
    return _TOKEN.findall(text.lower())


def masked(text: str, kept: Collection[str]) -> str:
    """The text with every rarer word hidden but for the ending of a long one: style without topic.

    Args:
        kept: words that stay, those common to abstracts of any topic.
    """
    return " ".join(_mask(token, token in kept) for token in tokens(text))


def _mask(token: str, kept: bool) -> str:
    if kept or not token[0].isalpha():
        return token
    return f"_{token[-3:]}" if len(token) > HIDDEN else "_"


def common_words(texts: Sequence[str], share: float) -> list[str]:
    """Words that stand in at least this share of the texts, in alphabetical order."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(tokens(text)))
    return sorted(word for word, count in counts.items() if count >= share * len(texts))


def measures(title: str, abstract: str) -> dict[str, float]:
    """Counts and shares by name: length, sentences, signs, word groups, shape of the title."""
    words = _WORD.findall(abstract)
    low = [word.lower() for word in words]
    return {
        **_sentences(abstract, max(len(words), 1)),
        **_words(words, low),
        **_signs(abstract, max(len(words), 1)),
        **_groups(abstract, low),
        **_title(title, set(low)),
    }


def matrix(titles: Sequence[str], abstracts: Sequence[str]) -> NDArray[np.float64]:
    """The measures of many papers, (papers, measures), columns as in `names`."""
    rows = [list(measures(t, a).values()) for t, a in zip(titles, abstracts, strict=True)]
    return np.asarray(rows, dtype=np.float64).reshape(len(rows), len(names()))


@cache
def names() -> tuple[str, ...]:
    return tuple(measures("A title", "An abstract."))


def _sentences(text: str, n: int) -> dict[str, float]:
    lengths = [len(s.split()) for s in _SENTENCE.split(text) if s] or [0]
    return {
        "words": float(np.log(n)),
        "sentences": float(np.log(len(lengths))),
        "sentence_words": n / len(lengths),
        "sentence_sd": float(np.std(lengths)),
        "longest_sentence": max(lengths),
        "first_sentence": lengths[0],
        "last_sentence": lengths[-1],
    }


def _words(words: list[str], low: list[str]) -> dict[str, float]:
    n = max(len(words), 1)
    counts = Counter(low)
    capitals = sum(w[0].isupper() and not w.isupper() for w in words)
    return {
        "letters": sum(map(len, words)) / n,
        "long": sum(len(w) > LONG for w in words) / n,
        "distinct": len(counts) / n**0.75,
        "once": sum(count == 1 for count in counts.values()) / n**0.85,
        "hyphened": sum("-" in w for w in words) / n,
        "acronyms": sum(w.isupper() and len(w) > 1 for w in words) / n,
        "capitals": capitals / n,
        "camel": sum(map(_is_camel, words)) / n,
    }


@lru_cache(maxsize=1 << 16)
def _is_camel(word: str) -> bool:
    return bool(_CAMEL.search(word))


def _signs(text: str, n: int) -> dict[str, float]:
    return {
        "numbers": float(np.log1p(len(re.findall(r"\d+", text)))),
        "latex": float(np.log1p(text.count("$") + text.count("\\"))),
        "brackets": text.count("(") / n,
        "commas": text.count(",") / n,
        "semicolons": text.count(";") / n,
        "colons": text.count(":") / n,
        "dashes": len(re.findall(r"—|–|--| - ", text)) / n,
        "quotes": len(re.findall(r"[\"“”`']", text)) / n,
        "stars": text.count("*") / n,
        "slips": len(_SLIPS.findall(text)),
    }


@lru_cache(maxsize=1 << 16)
def _groups_of(word: str) -> tuple[int, ...]:
    """The places of the lexicon's groups that a lower-case word belongs to."""
    return tuple(at for at, pattern in enumerate(_patterns()) if pattern.fullmatch(word))


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    groups = lexicon().words.values()
    return tuple(
        re.compile("|".join(re.escape(w).replace(r"\*", ".*") for w in group)) for group in groups
    )


@cache
def _phrases() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for name, pattern in lexicon().phrases.items()}


def _groups(text: str, low: list[str]) -> dict[str, float]:
    n = max(len(low), 1)
    counts, first = [0] * len(_patterns()), [NEVER] * len(_patterns())
    for place, word in enumerate(low):
        for at in _groups_of(word):
            counts[at] += 1
            first[at] = min(first[at], place / n)
    groups = list(lexicon().words)
    found = {f"of_{name}": count / n**0.5 for name, count in zip(groups, counts, strict=True)}
    found |= {f"first_{name}": first[groups.index(name)] for name in PLACES}
    lower = text.lower()
    for name, pattern in _phrases().items():
        found[f"of_{name}"] = len(pattern.findall(lower)) / n**0.5
    return found


_TITLE = {
    "for": r"\bfor\b",
    "means": r"\b(?:with|via|using|by|through)\b",
    "towards": r"\btoward",
    "article": r"\b(?:the|a|an)\b",
    "deep": r"\b(?:deep|neural|networks?)\b",
    "learning": r"\blearning\b",
    "asks": r"\b(?:is|are|do|does|can|how|why|what|when)\b",
    "place": r"\b(?:in|of|on)\b",
}


def _title(title: str, abstract: set[str]) -> dict[str, float]:
    words, lower = title.split(), title.lower()
    n = max(len(words), 1)
    name = title.partition(":")[0]
    own = set(re.findall(r"\w+", lower))
    return {
        "title_words": len(words),
        "title_colon": ":" in title,
        "title_question": "?" in title,
        "title_upper": sum(w.isupper() for w in _WORD.findall(title)) / n,
        "title_all_upper": title.isupper(),
        "title_lower": sum(w[0].islower() for w in words) / n,
        "title_names": ":" in title and " " not in name and sum(c.isupper() for c in name) > 1,
        "title_letters": sum(map(len, words)) / n,
        "title_ing": sum(w.endswith("ing") for w in lower.split()),
        "title_hyphens": title.count("-"),
        "title_shared": len(own & abstract) / max(len(own), 1),
        **{f"title_{what}": bool(re.search(rx, lower)) for what, rx in _TITLE.items()},
    }
