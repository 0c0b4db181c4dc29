"""Templates are read whole, and what is wrong with one is said by file and field."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.core.errors import UserError
from scientists.templates import Knob, list_templates, load_template

SCRATCH = {
    "template.toml": """
name = "coin"
title = "A biased coin"
topics = ["probability"]
task = "Estimate a coin's bias."
method = "The share of heads, $ k / n $."
data_description = "Tosses drawn by the experiment."
[budget.quick]
tosses = 100
[budget.full]
tosses = 10000
[[knobs]]
name = "bias"
kind = "float"
low = 0.0
high = 1.0
default = 0.5
description = "Chance of heads."
[[ideas]]
name = "loaded"
title = "A loaded coin"
hypothesis = "A loaded coin shows more heads."
knobs = { bias = 0.9 }
source = "Folklore"
[[metrics]]
name = "heads"
goal = "max"
unit = "share"
description = "Share of heads."
""",
    "bibliography.bib": """
@book{bernoulli1713,
  author = {Bernoulli, Jakob},
  title = {Ars {C}onjectandi},
  publisher = {Thurneysen},
  year = {1713},
}
""",
    "experiment.py": """
import argparse, json, random
parser = argparse.ArgumentParser()
parser.add_argument("--config")
parser.add_argument("--out")
args = parser.parse_args()
config = json.load(open(args.config))
results = []
for one in config.get("runs", [config]):
    draw = random.Random(one["seed"])
    n = one["budget"]["tosses"]
    heads = sum(draw.random() < one["knobs"]["bias"] for _ in range(n)) / n
    results.append({"metrics": {"heads": heads}, "curves": {}, "config": one, "environment": {}})
json.dump({"runs": results} if "runs" in config else results[0], open(args.out, "w"))
""",
    "plot.py": "",
}


def make_template(folder: Path, **changes: str) -> Path:
    folder.mkdir()
    for name, text in (SCRATCH | changes).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_installed_templates_are_read_whole() -> None:
    names = list_templates()
    assert {"diffusion_2d", "char_lm", "grokking", "learning_rate"} <= set(names)
    for name in names:
        template = load_template(name)
        assert template.name == name
        assert len(template.bibliography) >= 10
        assert len(template.ideas) >= 3
        assert template.folder.is_dir()
        assert all(1900 < work.year < 2030 and work.authors for work in template.bibliography)
        assert not any("{" in work.title + work.venue for work in template.bibliography)
        assert load_template(template.folder) == template


def test_methods_compile_as_typst() -> None:
    import typst

    for name in list_templates():
        template = load_template(name)
        pdf = typst.compile(template.method.encode())
        assert pdf.startswith(b"%PDF")


def test_new_template_needs_only_its_folder(tmp_path: Path) -> None:
    template = load_template(make_template(tmp_path / "coin"))
    assert template.bibliography[0].authors == ("Jakob Bernoulli",)
    assert template.bibliography[0].title == "Ars Conjectandi"
    knobs = template.settings(template.ideas[0].knobs)
    config = {"knobs": knobs, "seed": 3, "budget": template.budget["quick"]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    command = [sys.executable, str(template.folder / "experiment.py")]
    command += ["--config", str(tmp_path / "config.json"), "--out", str(tmp_path / "out.json")]
    subprocess.run(command, check=True, timeout=60)
    results = json.loads((tmp_path / "out.json").read_text())
    assert set(results["metrics"]) == {metric.name for metric in template.metrics}
    assert 0.75 < results["metrics"]["heads"] <= 1


TOML_FAULTS = {
    "name is not the folder's": ('name = "coin"', 'name = "dice"', "name"),
    "no title": ('title = "A biased coin"\n', "", "title"),
    "empty task": ("Estimate a coin's bias.", " ", "task"),
    "knob of the wrong type": ("low = 0.0", 'low = "none"', "knobs[0].low"),
    "range upside down": ("high = 1.0", "high = -1.0", "knobs.bias"),
    "default out of range": ("default = 0.5", "default = 1.5", "knobs.bias"),
    "default of the wrong kind": ("default = 0.5", "default = true", "knobs.bias"),
    "unknown kind": ('kind = "float"', 'kind = "real"', "kind"),
    "unknown field": ('kind = "float"', 'kind = "float"\nsize = 3', "size"),
    "idea with an unknown knob": ("{ bias = 0.9 }", "{ edge = 0.9 }", "ideas.loaded.knobs"),
    "idea out of range": ("{ bias = 0.9 }", "{ bias = 9.0 }", "ideas.loaded.knobs.bias"),
    "idea that changes nothing": ("{ bias = 0.9 }", "{ bias = 0.5 }", "ideas.loaded.knobs"),
    "no full budget": ("[budget.full]\ntosses = 10000\n", "", "budget"),
    "unknown goal": ('goal = "max"', 'goal = "up"', "goal"),
    "not TOML": ("topics = [", "topics = ", "template.toml"),
}


@pytest.mark.parametrize("fault", TOML_FAULTS)
def test_faults_are_named(tmp_path: Path, fault: str) -> None:
    before, after, field = TOML_FAULTS[fault]
    text = SCRATCH["template.toml"]
    assert before in text
    folder = make_template(tmp_path / "coin", **{"template.toml": text.replace(before, after)})
    with pytest.raises(UserError) as error:
        load_template(folder)
    assert str(folder / "template.toml") in str(error.value)
    assert field in str(error.value)


@pytest.mark.parametrize("field", ["author", "title", "publisher", "year"])
def test_bibliography_faults_are_named(tmp_path: Path, field: str) -> None:
    lines = SCRATCH["bibliography.bib"].splitlines()
    text = "\n".join(line for line in lines if not line.strip().startswith(field))
    folder = make_template(tmp_path / "coin", **{"bibliography.bib": text})
    with pytest.raises(UserError, match=r"bibliography\.bib, entry bernoulli1713"):
        load_template(folder)


def test_missing_files_and_templates_are_named(tmp_path: Path) -> None:
    folder = make_template(tmp_path / "coin")
    (folder / "plot.py").unlink()
    with pytest.raises(UserError, match=r"plot\.py is missing"):
        load_template(folder)
    with pytest.raises(UserError, match="grokking"):
        load_template("no_such_template")


@given(value=st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=3)))
def test_knobs_allow_only_their_kind_and_range(value: bool | int | float | str) -> None:
    def knob(kind: str, **fields: object) -> Knob:
        return Knob(name="k", kind=kind, default=0, description="d", **fields)  # type: ignore[arg-type]

    def number(of: type) -> bool:
        return isinstance(value, of) and not isinstance(value, bool | str) and -1 <= value <= 2

    assert knob("bool").allows(value) == isinstance(value, bool)
    assert knob("int", low=-1, high=2).allows(value) == number(int)
    assert knob("float", low=-1, high=2).allows(value) == (number(int) or number(float))
    one = isinstance(value, int) and not isinstance(value, bool) and value == 1
    assert knob("choice", values=(1, "a")).allows(value) == (one or value == "a")


def test_settings_are_checked() -> None:
    template = load_template("grokking")
    assert template.settings({"modulus": 13})["modulus"] == 13
    assert set(template.settings()) == {knob.name for knob in template.knobs}
    with pytest.raises(UserError, match="modulus"):
        template.settings({"modulus": 12})
