"""A change of an experiment leaves budgets, seeds and limits as they are, however it goes about."""

from __future__ import annotations

import pytest

from scientists.language.coding import Edit, Refused, apply
from scientists.language.ideas import rules
from scientists.language.limits import Protected
from scientists.templates import load_template

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
        ("char_lm", END, "def validate(model, held, given):\n    return 0.0, 0.0\n\n\n"),
        ("char_lm", END, "validate = Model\n"),
        ("char_lm", END, "validate.__code__ = windows.__code__\n"),
        ("char_lm", END, "setattr(validate, '__code__', windows.__code__)\n"),
        ("char_lm", END, "globals()['validate'] = Model\n"),
        ("char_lm", RECENT, "    global validate\n    validate = windows\n"),
        ("char_lm", "@torch.no_grad()\n", "@windows\n"),
        ("char_lm", "def validate(", "@windows\n"),
        ("char_lm", END, "range = list\n"),
        ("learning_rate", END, "class QController(Plateau):\n    pass\n\n\n"),
        ("learning_rate", END, "QController.__init__ = Plateau.__init__\n"),
        (
            "learning_rate", "    def state(",
            "    def __init__(self, *given: object) -> None:\n        pass\n\n",
        ),
        ("learning_rate", SETS, "    for name in [*sizes]:\n        sizes[name] *= 3\n"),
        ("learning_rate", SETS, "    train = scheduled\n"),
        ("learning_rate", "    results = []\n", "    configs.pop()\n"),
    ],
)  # fmt: skip
def test_a_line_that_moves_a_limit_is_refused(name: str, find: str, before: str) -> None:
    with pytest.raises(Refused) as caught:
        changed(name, (find, before + find))
    assert caught.value.breach, str(caught.value)


@pytest.mark.parametrize(
    ("name", "find", "replace"),
    [
        ("learning_rate", "for name, n in sizes.items()", "for name, n in [*sizes.items()][:1]"),
        ("learning_rate", "    main()\n", "    other()\n"),
    ],
)
def test_a_line_that_hands_a_limit_on_is_refused(name: str, find: str, replace: str) -> None:
    with pytest.raises(Refused) as caught:
        changed(name, (find, replace))
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


HELPER = """def helper(given: list) -> int:
    sizes, steps, config, generator = [*given], 3, {"a": 1}, iter(given)
    sizes[0] = steps
    for one in generator:
        config["b"] = one
    return sum(sizes) + len([steps for steps in given])


class Wide(nn.Module):
    steps = 3

    def __init__(self, width: int) -> None:
        super().__init__()
        sizes = [width, 2 * width]
        self.layers = nn.ModuleList(nn.Linear(sizes[i], sizes[i + 1]) for i in range(1))

    def train(self, mode: bool = True) -> nn.Module:
        self.config = {"mode": mode}
        return super().train(mode)

    def run(self, steps: int) -> None:
        steps += 1


"""


@pytest.mark.parametrize("name", ["char_lm", "grokking", "learning_rate", "diffusion_2d"])
def test_names_of_limits_are_free_where_they_are_none(name: str) -> None:
    assert HELPER in changed(name, (END, HELPER + END))


SIZES = "        sizes = [SIDE * SIDE, *[width] * depth]\n"
BRANCH = "        sizes = [2 + 4 * 5 + 8, *[width] * depth]\n"


@pytest.mark.parametrize(
    ("name", "edits"),
    [
        (
            "learning_rate",
            [(SIZES, SIZES.replace("sizes", "widths")), ("pairwise(sizes)", "pairwise(widths)")],
        ),
        ("learning_rate", [(SIZES, ""), ("pairwise(sizes)", "[(SIDE * SIDE, width)]")]),
        (
            "learning_rate",
            [
                ("for a, b in pairwise(sizes)", "for i in range(len(sizes) - 1)"),
                ("nn.Linear(a, b)", "nn.Linear(sizes[i], sizes[i + 1])"),
            ],
        ),
        (
            "learning_rate",
            [("class Network(nn", "class Wider(nn"), ("= Network(", "= Wider(")],
        ),
        ("learning_rate", [(RECENT, f"{RECENT}    for one in [1, 2]:\n        one += 1\n")]),
        ("diffusion_2d", [(BRANCH, ""), ("pairwise(sizes)", "[(30, width)] * depth")]),
        (
            "diffusion_2d",
            [
                ("    steps = points.diff(dim=0)\n", "    legs = points.diff(dim=0)\n"),
                ("steps.norm(", "legs.norm("),
                ("len(steps)", "len(legs)"),
                ("* steps[i]", "* legs[i]"),
            ],
        ),
    ],
)  # fmt: skip
def test_a_function_without_limits_is_rewritten(name: str, edits: list[tuple[str, str]]) -> None:
    assert edits[-1][1] in changed(name, *edits)


@pytest.mark.parametrize(
    "value", ["+".join(["1"] * 5000), "-" * 100_000 + "1", "(" * 300 + ")" * 300, "1\0", "("]
)
def test_a_change_that_does_not_compile_is_refused(value: str) -> None:
    with pytest.raises(Refused, match="no Python"):
        apply("x = 1\n", [Edit("x = 1", f"x = {value}")], Protected())
