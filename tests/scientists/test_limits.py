"""A change of an experiment leaves budgets, seeds and limits as they are, however it goes about."""

from __future__ import annotations

import pytest

from conference.templates import load_template
from scientists.coding import Edit, Refused, apply
from scientists.ideas import rules
from scientists.limits import Protected

RECENT = "    recent: list[float] = []\n"
END = 'if __name__ == "__main__":'
SETS = "    sets = {name"
LONGER = "    def longer() -> None:\n        nonlocal steps\n        steps *= 3\n\n    longer()\n"


def changed(name: str, *edits: tuple[str, str]) -> str:
    code = (load_template(name).folder / "experiment.py").read_text()
    return apply(code, [Edit(*edit) for edit in edits], rules().protected)


@pytest.mark.parametrize(
    ("name", "find", "before"),
    [
        ("learning_rate", RECENT, "    steps *= 3\n"),
        ("learning_rate", RECENT, "    print(steps := 3 * steps)\n"),
        ("learning_rate", RECENT, "    for steps in (3 * steps,):\n        pass\n"),
        ("learning_rate", RECENT, LONGER),
        ("learning_rate", RECENT, "    import random as generator\n"),
        ("learning_rate", RECENT, "    range = lambda a, b: [*map(int, '1' * 3 * b)]\n"),
        ("learning_rate", SETS, "    sizes = {**sizes, 'train': 9000}\n"),
        ("learning_rate", SETS, "    sizes['train'] *= 3\n"),
        ("char_lm", RECENT, "    steps = 3 * steps\n"),
        ("char_lm", '    x, y = windows(held, starts, context)\n', "    del budget\n"),
        ("grokking", "    curves: dict[str, list] = {\n", "    return {}\n"),
        ("grokking", END, "def train(*given: object) -> dict:\n    return twice(*given)\n\n\n"),
        ("diffusion_2d", "    averages = [", "    steps += 1000\n"),
        (
            "diffusion_2d", "    start = time.perf_counter()\n",
            "    return other(config)\n\n\ndef unused(config: dict) -> dict:\n",
        ),
    ],
)  # fmt: skip
def test_a_line_that_moves_a_limit_is_refused(name: str, find: str, before: str) -> None:
    with pytest.raises(Refused) as caught:
        changed(name, (find, before + find))
    assert caught.value.breach, str(caught.value)


@pytest.mark.parametrize("name", ["char_lm", "grokking", "learning_rate", "diffusion_2d"])
def test_protected_lines_in_a_string_are_refused(name: str) -> None:
    parsed, loaded = "    args = parser.parse_args()\n", "    config = json.loads("
    quotes = '    """\n'
    with pytest.raises(Refused) as caught:
        changed(name, (parsed, parsed + quotes), (loaded, quotes + loaded))
    assert caught.value.breach


@pytest.mark.parametrize(
    ("name", "find", "replace"),
    [
        (
            "learning_rate", "def scheduled(",
            "def warm(step: int, steps: int) -> float:\n    return step / steps\n\ndef scheduled(",
        ),
        ("learning_rate", '    if name == "step":', '    if name in ("step", "stairs"):'),
        ("learning_rate", "= rate * share", "= rate * share * (0.5 + 0.5 * step / steps)"),
        ("learning_rate", RECENT, f"{RECENT}    slow, best = 0.0, math.inf\n"),
        ("learning_rate", "nn.ReLU()", "nn.GELU()"),
        ("grokking", "        loss.backward()\n", "        (2 * loss).backward()\n"),
        ("grokking", "torch.relu(self.up", "torch.tanh(self.up"),
        ("grokking", "    steps, (pairs", "    net.train()\n    steps, (pairs"),
        ("char_lm", "self.heads = heads", "self.heads, self.steps = heads, 0"),
        ("char_lm", "    recent = []\n", "    recent = recent[-9:]\n"),
        ("diffusion_2d", "(guess - noise).square()", "(guess - noise).abs()"),
        ("diffusion_2d", "weight_decay=1e-4", "weight_decay=[v for v in (0.1,)][0]"),
    ],
)  # fmt: skip
def test_an_honest_change_is_made(name: str, find: str, replace: str) -> None:
    assert replace in changed(name, (find, replace))


@pytest.mark.parametrize(
    "value", ["+".join(["1"] * 5000), "-" * 100_000 + "1", "(" * 300 + ")" * 300, "1\0", "("]
)
def test_a_change_that_does_not_compile_is_refused(value: str) -> None:
    with pytest.raises(Refused, match="no Python"):
        apply("x = 1\n", [Edit("x = 1", f"x = {value}")], Protected())
