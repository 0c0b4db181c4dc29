"""A small transformer that predicts text character by character.

    python experiment.py --config config.json --out results.json

`config.json` is {"knobs": {...}, "seed": 0, "budget": {...}} or {"runs": [such, ...]}; knobs and
budget numbers that it leaves out come from `template.toml` beside this file. "text" in a config is
the path of any UTF-8 text; without it the text is Python's own help on its language, which every
installation has.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import math
import platform
import time
import tomllib
from collections import Counter
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

BLOCK = 2000  # Characters that go to training or validation together.
OTHER = "\ufffd"


def load_text(path: str) -> str:
    """The text at `path`, or the help topics of the running Python in the order of their names."""
    if path:
        return Path(path).read_text(encoding="utf-8")
    topics = importlib.import_module("pydoc_data.topics").topics
    return "\n".join(topics[name] for name in sorted(topics))


def encode(text: str, vocabulary: int) -> tuple[Tensor, list[str]]:
    """Character numbers and the characters: the most frequent ones, and one for all others."""
    ranked = sorted(Counter(text).items(), key=lambda item: (-item[1], item[0]))
    characters = [*sorted(c for c, _ in ranked[: vocabulary - 1]), OTHER]
    number = {c: i for i, c in enumerate(characters)}
    rest = len(characters) - 1
    return torch.tensor([number.get(c, rest) for c in text]), characters


def split(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Training and validation text: every tenth block of the text is held out."""
    blocks = list(tokens.split(BLOCK))
    held = [b for i, b in enumerate(blocks) if i % 10 == 9]
    if not held:
        raise SystemExit(f"the text is too short: it needs at least {10 * BLOCK} characters")
    return torch.cat([b for i, b in enumerate(blocks) if i % 10 != 9]), torch.cat(held)


@lru_cache
def prepare(path: str, vocabulary: int) -> tuple[tuple[Tensor, Tensor], dict]:
    """Training and validation text, and what is reported of the text."""
    text = load_text(path)
    tokens, characters = encode(text, vocabulary)
    digest = hashlib.sha256(text.encode()).hexdigest()
    data = {"characters": len(text), "sha256": digest, "vocabulary": len(characters)}
    return split(tokens), data


class Block(nn.Module):
    """Causal self-attention and a feed-forward layer, each on a normalised residual."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.attend, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        n, length, width = x.shape
        parts = self.attend(self.norms[0](x)).view(n, length, 3, self.heads, width // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.drop(self.mix(y.transpose(1, 2).reshape(n, length, width)))
        return x + self.drop(self.down(nn.functional.gelu(self.up(self.norms[1](x)))))


class StyleAdapter(nn.Module):
    """Scales the hidden state by a mixture of learned styles, told from the text so far.

    The mixture at a place is read from the mean of the hidden states up to it, so that no place
    learns of the text after it.
    """

    def __init__(self, width: int, styles: int) -> None:
        super().__init__()
        self.tell = nn.Linear(width, styles)
        self.styles = nn.Parameter(0.02 * torch.randn(styles, width))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        so_far = x.cumsum(1) / torch.arange(1, x.shape[1] + 1)[None, :, None]
        shares = self.tell(so_far).softmax(-1)
        return x * (1 + shares @ self.styles), shares


def adapter_places(knobs: dict) -> list[int]:
    """The layers after which an adapter stands."""
    if not knobs["style_adapter"]:
        return []
    return [i for i in range(knobs["layers"]) if (i + 1) % knobs["style_every"] == 0]


def hidden_units(knobs: dict) -> int:
    """Units of a feed-forward layer; fewer where adapters must not add to the weights."""
    width, hidden = knobs["width"], knobs["width"] * knobs["hidden_ratio"]
    if not knobs["match_parameters"]:
        return hidden
    added = len(adapter_places(knobs)) * (2 * width * knobs["styles"] + knobs["styles"])
    return hidden - math.ceil(added / (knobs["layers"] * (2 * width + 1)))


class Model(nn.Module):
    """Embedding, blocks with or without style adapters, and a guess of the next character."""

    def __init__(self, knobs: dict, vocabulary: int, context: int) -> None:
        super().__init__()
        width, self.places_kind = knobs["width"], knobs["positions"]
        self.tokens = nn.Embedding(vocabulary, width)
        if self.places_kind == "learned":
            self.places = nn.Parameter(0.02 * torch.randn(context, width))
        else:
            angles = torch.arange(context)[:, None] / 1000 ** (torch.arange(0, width, 2) / width)
            waves = torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, :width]
            self.register_buffer("places", 0.1 * waves)
        self.drop = nn.Dropout(knobs["dropout"])
        hidden = hidden_units(knobs)
        self.blocks = nn.ModuleList(
            Block(width, knobs["heads"], hidden, knobs["dropout"]) for _ in range(knobs["layers"])
        )
        self.adapters = nn.ModuleDict(
            {str(i): StyleAdapter(width, knobs["styles"]) for i in adapter_places(knobs)}
        )
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, vocabulary)
        nn.init.normal_(self.tokens.weight, std=0.1)
        if knobs["tie_embeddings"]:
            self.out.weight = self.tokens.weight

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor | None]:
        """Scores of the next character, and the style shares of the last adapter, if any."""
        x = self.drop(self.tokens(tokens) + self.places[: tokens.shape[1]])
        shares = None
        for i, block in enumerate(self.blocks):
            x = block(x)
            if str(i) in self.adapters:
                x, shares = self.adapters[str(i)](x)
        return self.out(self.norm(x)), shares


def windows(tokens: Tensor, starts: Tensor, context: int) -> tuple[Tensor, Tensor]:
    """Stretches of `context` characters and the characters one further on."""
    rows = tokens[starts[:, None] + torch.arange(context + 1)]
    return rows[:, :-1], rows[:, 1:]


@torch.no_grad()
def validate(model: Model, held: Tensor, budget: dict) -> tuple[float, float]:
    """Bits per character over evenly spaced stretches, and the entropy in bits of style use."""
    model.eval()
    context, n = budget["context"], budget["val_windows"]
    starts = torch.linspace(0, len(held) - context - 1, n).long()
    x, y = windows(held, starts, context)
    scores, shares = model(x)
    model.train()
    bits = float(nn.functional.cross_entropy(scores.flatten(0, 1), y.flatten())) / math.log(2)
    if shares is None:
        return bits, 0.0
    use = shares.flatten(0, 1).mean(0)
    return bits, float(-(use * use.clamp(min=1e-12).log2()).sum())


def rate_at(knobs: dict, step: int, steps: int) -> float:
    """The learning rate: a warm-up over a twentieth of training, then the schedule."""
    warm = min(1.0, step / max(1, steps // 20))
    falls = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / steps))
    return knobs["learning_rate"] * warm * (falls if knobs["schedule"] == "cosine" else 1.0)


def train(
    model: Model, knobs: dict, budget: dict, texts: tuple[Tensor, Tensor], seed: int
) -> dict[str, list]:
    """Train for the budget's steps: curves of training and validation loss in bits."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=knobs["learning_rate"],
        betas=(0.9, 0.95),
        weight_decay=0.05,
        fused=True,
    )
    steps, context, (text, held) = budget["steps"], budget["context"], texts
    curves: dict[str, list] = {"train_bits": [], "val_bits": []}
    recent: list[float] = []
    for step in range(1, steps + 1):
        optimizer.param_groups[0]["lr"] = rate_at(knobs, step, steps)
        starts = torch.randint(len(text) - context - 1, (budget["batch"],), generator=generator)
        x, y = windows(text, starts, context)
        loss = nn.functional.cross_entropy(model(x)[0].flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        recent.append(float(loss.detach()) / math.log(2))
        if step % max(1, steps // 10) == 0:
            curves["train_bits"].append([step, sum(recent) / len(recent)])
            curves["val_bits"].append([step, validate(model, held, budget)[0]])
            told = f"train {curves['train_bits'][-1][1]:.3f} val {curves['val_bits'][-1][1]:.3f}"
            print(f"step {step} of {steps}: {told} bits per character", flush=True)
            recent = []
    return curves


def run(config: dict) -> dict:
    """One run: train, then validate on the stretches that every run is validated on."""
    knobs, budget, seed = config["knobs"], config["budget"], config["seed"]
    torch.manual_seed(seed)
    texts, data = prepare(config["text"], budget["vocabulary"])
    model = Model(knobs, data["vocabulary"], budget["context"])
    start = time.perf_counter()
    curves = train(model, knobs, budget, texts, seed)
    trained = time.perf_counter()
    bits, entropy = validate(model, texts[1], budget)
    tested = time.perf_counter()
    metrics = {
        "val_bpc": bits,
        "train_bpc": curves["train_bits"][-1][1],
        "gap_bpc": bits - curves["train_bits"][-1][1],
        "style_entropy": entropy,
        "parameters": sum(p.numel() for p in model.parameters()),
    }
    seen = budget["steps"] * budget["batch"] * budget["context"]
    timing = {
        "train_tokens_per_second": seen / (trained - start),
        "inference_tokens_per_second": budget["val_windows"]
        * budget["context"]
        / (tested - trained),
        "seconds": tested - start,
    }
    return {
        "metrics": metrics, "curves": curves, "config": config, "timing": timing, "data": data
    }  # fmt: skip


def complete(config: dict) -> dict:
    """The config with what it leaves out taken from `template.toml` beside this file."""
    path = Path(__file__).with_name("template.toml")
    defaults, budget = {}, {}
    if path.is_file():
        parts = tomllib.loads(path.read_text(encoding="utf-8"))
        defaults = {knob["name"]: knob["default"] for knob in parts["knobs"]}
        budget = parts["budget"]["quick"]
    unknown = set(config.get("knobs", {})) - set(defaults)
    if defaults and unknown:
        raise SystemExit(f"config: there is no knob {', '.join(sorted(unknown))}")
    return {
        "knobs": defaults | config.get("knobs", {}),
        "seed": config.get("seed", 0),
        "budget": budget | config.get("budget", {}),
        "text": config.get("text", ""),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    config = json.loads(args.config.read_text(encoding="utf-8"))
    environment = {"python": platform.python_version(), "torch": torch.__version__}
    configs = [complete(c) for c in config.get("runs", [config])]
    results = []
    for i, one in enumerate(configs):
        print(f"run {i + 1} of {len(configs)}, seed {one['seed']}", flush=True)
        results.append(run(one) | {"environment": environment})
    out = {"runs": results} if "runs" in config else results[0]
    args.out.write_text(json.dumps(out, allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
