"""Results are read whole or refused with the reason, and only from the workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conference.core.clean import clean
from conference.sandbox import BadResult, read_result

TEXTS = st.text().map(clean)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=10,
)
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@same_folder
@given(st.dictionaries(TEXTS, VALUES))
def test_a_clean_object_is_read_as_it_was_written(tmp_path: Path, value: dict[str, Any]) -> None:
    (tmp_path / "results.json").write_text(json.dumps(value))
    assert read_result(tmp_path / "results.json", tmp_path) == value
    assert read_result(Path("results.json"), tmp_path) == value


@same_folder
@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_a_bad_result(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "results.json").write_bytes(data)
    try:
        assert isinstance(read_result(Path("results.json"), tmp_path), dict)
    except BadResult as error:
        assert error.incident.kind == "bad_result"


def test_a_result_may_lie_deeper(tmp_path: Path) -> None:
    (tmp_path / "run_0").mkdir()
    (tmp_path / "run_0" / "results.json").write_text('{"loss": 0.5}')
    assert read_result(Path("run_0/results.json"), tmp_path) == {"loss": 0.5}


@pytest.mark.parametrize("path", ["../outside.json", "link.json", "folder/outside.json", ".", ""])
def test_nothing_outside_is_read(tmp_path: Path, path: str) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (tmp_path / "outside.json").write_text('{"secret": 1}')
    (workspace / "link.json").symlink_to(tmp_path / "outside.json")
    (workspace / "folder").symlink_to(tmp_path)
    with pytest.raises(BadResult):
        read_result(Path(path), workspace)
    with pytest.raises(BadResult, match="outside the workspace"):
        read_result(tmp_path / "outside.json", workspace)


def test_the_size_is_bounded_to_the_byte(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('{"a": 1}')
    assert read_result(Path("results.json"), tmp_path, 8) == {"a": 1}
    with pytest.raises(BadResult, match="8 bytes"):
        read_result(Path("results.json"), tmp_path, 7)


def test_text_in_a_result_is_clean(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('{"a\\ud800": "\\u001b[2J"}')
    assert read_result(Path("results.json"), tmp_path) == {"a\ufffd": "\ufffd[2J"}


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a": ', "}")])
def test_what_is_nested_too_deep_for_those_who_use_it_is_refused(
    tmp_path: Path, opened: str, closed: str
) -> None:
    """At 490 levels it could be read, and the paper that was made from it ended the round."""
    for levels, fine in ((90, True), (110, False), (490, False), (100_000, False)):
        text = '{"a": ' + opened * levels + "1" + closed * levels + "}"
        (tmp_path / "results.json").write_text(text)
        if fine:
            assert "a" in read_result(Path("results.json"), tmp_path)
        else:
            with pytest.raises(BadResult, match="clean JSON"):
                read_result(Path("results.json"), tmp_path)
