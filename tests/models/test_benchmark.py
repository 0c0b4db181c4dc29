"""Language models in the benchmark, through the command line, behind a scripted server."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.models.scripted import Answer, obedient, schema_of, serve, text_of


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Forty papers of ICLR 2026's scale in our table format."""
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
    rows, reviews = [], []
    for n in range(40):
        good = n % 2 == 0
        rows.append(
            {
                "paper_id": f"p{n}", "venue": "ICLR", "year": 2026,
                "title": f"{'Good' if good else 'Poor'} {words[n % 10]} study {n}",
                "abstract": " ".join(words[(n * k) % 10] + str(k) for k in range(60)),
                "accepted": good, "status": "accepted" if good else "rejected",
            }
        )  # fmt: skip
        reviews += [
            {
                "paper_id": f"p{n}",
                "year": 2026,
                "reviewer": r,
                "rating": 8 if good else (2, 4, 4)[r],
            }
            for r in range(3)
        ]
    pd.DataFrame(rows).to_parquet(tmp_path / "papers.parquet")
    pd.DataFrame(reviews).to_parquet(tmp_path / "reviews.parquet")
    return tmp_path


def conference(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "conference", *map(str, arguments)],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def reads_titles(request: dict[str, Any]) -> Answer:
    """Rates by the title's first word."""
    answer = obedient(request)
    assert isinstance(answer, dict)
    if "rating" in schema_of(request)["properties"]:
        answer["rating"] = 8 if "# Good" in text_of(request) else 2
    return answer


def test_a_model_is_measured_beside_the_baselines(tables: Path, tmp_path: Path) -> None:
    settings = tmp_path / "models.toml"
    settings.write_text('[default]\ncutoff = "2024-06-01"\nretries = 1\n')
    with serve(reads_titles) as server:
        done = conference(
            "benchmark", "--data", f"iclr2026@{tables}", "--reviewer", server.spec,
            "--models", settings, "--resamples", 50, "--out", tmp_path / "out",
        )  # fmt: skip
        asked = len(server.requests)
        assert done.returncode == 0, done.stderr
        again = conference(
            "benchmark", "--data", f"iclr2026@{tables}", "--reviewer", server.spec,
            "--models", settings, "--resamples", 50, "--out", tmp_path / "out",
        )  # fmt: skip
    assert asked == 40 and len(server.requests) == 40 and again.returncode == 0
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    (row,) = [row for row in results["rows"] if row["name"] == server.spec]
    assert "1.0" in json.dumps(row)  # It reads the decision off the title.
    assert "reviewers/prompts" in json.dumps(results) and "default" in json.dumps(results)


def test_a_soft_score_is_the_mean_of_the_model_s_own_chances(tables: Path, tmp_path: Path) -> None:
    def leans(request: dict[str, Any]) -> Answer:
        """Two values are equally likely, and which they are hangs on the title."""
        assert list(schema_of(request)["properties"]) == ["rating"]
        schema_of(request)["properties"]["rating"]["enum"] = (
            [8, 10] if "# Good" in text_of(request) else [2, 4]
        )
        return obedient(request)

    with serve(leans) as server:
        done = measure(tables, tmp_path / "out", f"{server.spec}#soft")
        assert done.returncode == 0, done.stderr
        assert len(server.requests) == 40
    found = pd.read_parquet(tmp_path / "out" / "predictions.parquet")
    found = found[found.reviewer == f"{server.spec}#soft"]
    assert sorted(set(found.score.round(6))) == [3.0, 9.0] and set(found.spread.round(6)) == {1.0}
    with serve(tells=False) as server:
        done = measure(tables, tmp_path / "silent", f"{server.spec}#soft")
    assert done.returncode == 2 and "returns no probabilities of its tokens" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_ai_scientist_s_preset_takes_the_calls_that_it_says(
    tables: Path, tmp_path: Path
) -> None:
    """5 members, 1 joined review, 4 more reflections, 1 example: 10 calls a paper at most."""
    examples = tmp_path / "examples.jsonl"
    line = {"title": "An old paper", "text": "It was good.", "review": {"overall": 7}}
    examples.write_text(json.dumps(line) + "\n")
    settings = tmp_path / "models.toml"
    settings.write_text(f'[default]\nexamples = "{examples}"\nretries = 1\n')

    def never_done(request: dict[str, Any]) -> Answer:
        answer = obedient(request)
        assert isinstance(answer, dict)
        return answer | ({"done": False} if "done" in answer else {})

    with serve(never_done) as server:
        done = conference(
            "benchmark", "--data", f"iclr2026@{tables}",
            "--reviewer", f"{server.spec}#ai_scientist", "--models", settings,
            "--resamples", 20, "--out", tmp_path / "out",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert len(server.requests) == 40 * 10
        warm = [request for request in server.requests if request["temperature"] == 0.75]
        cool = [request for request in server.requests if request["temperature"] == 0.1]
        assert len(warm) == len(cool) == 40 * 5, "members; the joined review and its reflections"
        first = [r for r in server.requests if "originality" in schema_of(r)["properties"]]
        assert len(first) == 40 * 10 and all("An old paper" in text_of(r) for r in first)


def test_a_preset_without_its_examples_is_one_sentence(tables: Path, tmp_path: Path) -> None:
    with serve() as server:
        done = conference(
            "benchmark", "--data", f"iclr2026@{tables}",
            "--reviewer", f"{server.spec}#ai_scientist", "--out", tmp_path / "out",
        )  # fmt: skip
    assert done.returncode == 2 and "examples" in done.stderr and "Traceback" not in done.stderr


def test_the_probe_finds_a_model_that_knows_the_papers_and_is_kept(
    tables: Path, tmp_path: Path
) -> None:
    papers = pd.read_parquet(tables / "papers.parquet").set_index("title")

    def knows(request: dict[str, Any]) -> Answer:
        text = text_of(request)
        title = max((title for title in papers.index if title in text), key=len)
        if "decision" in schema_of(request)["properties"]:
            return {"decision": "accept" if papers.loc[title].accepted else "reject"}
        words = papers.loc[title].abstract.split()
        return {"continuation": " ".join(words[len(words) // 2 :])}

    with serve(knows) as server:
        done = conference(
            "benchmark", "probe", server.spec, "--data", f"iclr2026@{tables}", "--papers", 12,
            "--out", tmp_path / "out",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "12 papers; 0 answers could not be used" in done.stdout
    assert "Overlap with the true second half: 1.00" in done.stdout
    done = conference(
        "benchmark", "--data", f"iclr2026@{tables}", "--reviewer", "embedded",
        "--resamples", 20, "--out", tmp_path / "out",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (kept,) = json.loads((tmp_path / "out" / "results.json").read_text())["probes"]
    assert kept["model"] == server.spec and kept["found"]["overlap"]["value"] == 1
    assert kept["found"]["recall"] == {"value": 1, "low": 1, "high": 1, "n": 12, "reason": ""}
    for name in ("report.html", "card.md"):
        written = (tmp_path / "out" / name).read_text()
        assert server.spec in written and "Overlap with another paper" in written


def test_a_probe_asks_at_once_and_reads_answers_as_reviews_are_read(
    tables: Path, tmp_path: Path
) -> None:
    """All calls of a question wait for each other, so that one at a time would never end."""
    met = threading.Barrier(8, timeout=60)

    def wordy(request: dict[str, Any]) -> Answer:
        met.wait()
        thoughts = "<think>It could be {this}.</think>"
        if "decision" in schema_of(request)["properties"]:
            return f'{thoughts}\n```json\n{{"decision": "accept"}}\n```'
        return f'{thoughts}\n```json\n{{"continuation": "of \\theta and\tmore"}}\n```'

    with serve(wordy) as server:
        done = conference(
            "benchmark", "probe", server.spec, "--data", f"iclr2026@{tables}", "--papers", 8,
            "--out", tmp_path / "out",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "8 papers; 0 answers could not be used" in done.stdout


def test_a_cutoff_of_nobody_is_told_before_a_model_is_started(tables: Path, tmp_path: Path) -> None:
    missing = f"vllm:{tmp_path / 'no-model'}"
    done = measure(tables, tmp_path / "out", missing, "--cutoff", "gpt=2024-01-01")
    assert done.returncode == 2 and "no reviewer is called 'gpt'" in done.stderr
    assert missing in done.stderr, "who is there is said"


def test_a_probe_of_a_model_that_does_not_answer_is_one_sentence(
    tables: Path, tmp_path: Path
) -> None:
    (tmp_path / "models.toml").write_text("[default]\nretries = 1\n")
    done = conference(
        "benchmark", "probe", "openai:none@http://127.0.0.1:9/v1", "--data", f"iclr2026@{tables}",
        "--models", tmp_path / "models.toml",
    )  # fmt: skip
    assert done.returncode == 2 and "cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""


def measure(tables: Path, out: Path, spec: str, *more: object) -> subprocess.CompletedProcess[str]:
    return conference(
        "benchmark", "--data", f"iclr2026@{tables}", "--reviewer", spec, "--resamples", 20,
        "--out", out, *more,
    )  # fmt: skip


def test_a_refused_prompt_costs_one_paper_and_is_listed(tables: Path, tmp_path: Path) -> None:
    def refuses_one(request: dict[str, Any]) -> Answer:
        return 400 if "study 7" in text_of(request) else obedient(request)

    with serve(refuses_one) as server:
        done = measure(tables, tmp_path / "out", server.spec)
        asked = len(server.requests)
        again = measure(tables, tmp_path / "out", server.spec)
        assert len(server.requests) == asked, "a refused prompt is not asked again"
    for one in (done, again):
        assert one.returncode == 0, one.stderr
        assert "scored 39 of 40 papers" in one.stdout and "failed_calls.csv" in one.stdout
    (row,) = csv.DictReader((tmp_path / "out" / "failed_calls.csv").open())
    assert (row["paper"], row["task"]) == ("p7", "failed") and "status 400" in row["reason"]


def test_a_model_that_refuses_every_paper_is_asked_again_once_it_is_there(
    tables: Path, tmp_path: Path
) -> None:
    """As one that its server has not loaded, or whose context is shorter than was said."""
    up: list[bool] = []
    with serve(lambda request: obedient(request) if up else 400) as server:
        done = measure(tables, tmp_path / "out", server.spec)
        assert done.returncode == 2 and "Traceback" not in done.stderr
        assert "status 400" in done.stderr and "run the same command again" in done.stderr
        up.append(True)
        again = measure(tables, tmp_path / "out", server.spec)
    assert again.returncode == 0 and not (tmp_path / "out" / "failed_calls.csv").exists()


def test_papers_without_an_answer_are_asked_about_again(tables: Path, tmp_path: Path) -> None:
    settings = tmp_path / "models.toml"
    settings.write_text("[default]\nretries = 0\nat_once = 1\n")
    up = [True]

    def dies(request: dict[str, Any]) -> Answer:
        return obedient(request) if up[0] or len(server.requests) <= 30 else 503

    with serve(dies) as server:
        up[0] = False
        done = measure(tables, tmp_path / "out", server.spec, "--models", settings)
        assert done.returncode == 0, done.stderr
        assert "10 reviews had no answer: the same command asks for them again" in done.stdout
        rows = list(csv.DictReader((tmp_path / "out" / "failed_calls.csv").open()))
        assert len(rows) == 10 and {row["task"] for row in rows} == {"unanswered"}
        up[0], asked = True, len(server.requests)
        again = measure(tables, tmp_path / "out", server.spec, "--models", settings)
        assert again.returncode == 0 and len(server.requests) == asked + 10
    assert not (tmp_path / "out" / "failed_calls.csv").exists()
    assert "no answer" not in again.stdout


def test_a_server_that_answers_nothing_ends_a_benchmark_in_one_sentence(
    tables: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "models.toml"
    settings.write_text("[default]\nretries = 0\n")
    with serve(lambda request: 503) as server:
        done = measure(tables, tmp_path / "out", server.spec, "--models", settings)
    assert done.returncode == 2 and "run the same command again" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out" / "failed_calls.csv").read_text().count("unanswered") == 40


def test_a_probe_goes_on_where_a_prompt_is_refused(tables: Path, tmp_path: Path) -> None:
    def refuses(request: dict[str, Any]) -> Answer:
        return 400 if "continuation" in schema_of(request)["properties"] else obedient(request)

    with serve(refuses) as server:
        done = conference(
            "benchmark", "probe", server.spec, "--data", f"iclr2026@{tables}", "--papers", 4,
            "--out", tmp_path / "out",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "0 papers; 4 answers could not be used" in done.stdout
    (listed,) = (tmp_path / "out" / "probes").glob("*failed_calls.csv")
    rows = list(csv.DictReader(listed.open()))
    assert len(rows) == 4 and {row["purpose"] for row in rows} == {"complete_abstract"}


def test_repeats_measure_how_steady_a_model_is(tables: Path, tmp_path: Path) -> None:
    """A model that rates by its seed alone, and one that reads the title: unsteady and steady."""
    for name, script in (("dice", obedient), ("steady", reads_titles)):
        with serve(script) as server:
            words = (
                "benchmark", "--data", f"iclr2026@{tables}", "--reviewer", server.spec,
                "--reviewer", "embedded", "--repeats", 3, "--resamples", 50,
                "--out", tmp_path / name,
            )  # fmt: skip
            done = conference(*words)
            assert done.returncode == 0, done.stderr
            asked = len(server.requests)
            assert asked == 3 * 40
            assert conference(*words).returncode == 0 and len(server.requests) == asked
        assert "How steady it is when it is run again" in done.stdout
        assert f"{server.spec} was run 3 times" in done.stdout
        assert "temperature 0.7" in done.stdout and "0 by construction" in done.stdout
        rows = json.loads((tmp_path / name / "results.json").read_text())["rows"]
        found = next(row for row in rows if row["name"] == server.spec)["reruns"]
        assert {part["n"] for part in found.values()} == {40}
        sd, icc, flips = (found[key]["value"] for key in ("sd", "icc", "flips"))
        if name == "dice":
            assert sd > 1 and abs(icc) < 0.4 and flips > 0.2
        else:
            assert sd == 0 and icc == pytest.approx(1) and flips == 0
