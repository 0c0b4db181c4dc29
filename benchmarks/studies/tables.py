"""A study's tables in Markdown and LaTeX, and the format of their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.reviewers.tables import escaped
from benchmarks.studies.effects import Effect
from benchmarks.studies.flips import ArmFlips, Twice
from benchmarks.studies.results import StudyInfo, StudyResult, named
from conference.statistics.estimate import Estimate

EFFECTS = ("outcome", "arm", "n", "control", "treatment", "difference", "A/A floor", "p",
           "p adjusted", "smallest effect", "equivalent")  # fmt: skip
FLIPS = ("arm", "both accept", "only control", "only arm", "both reject", "inconsistent, %",
         "A/A, %", "net, points", "arbitrary, %", "Jaccard")  # fmt: skip

PAIRS = ("two committees of", "papers × replicates", "decisions that differ, %", "arbitrary, %")
COMPARED = ("study", "arm", "outcome", "difference", "A/A floor", "p adjusted", "smallest effect",
            "papers × replicates", "rests on")  # fmt: skip


def effect_row(effect: Effect, study: StudyInfo) -> list[str]:
    """One row under `EFFECTS`."""
    margin = "" if effect.margin is None else f" (± {number(effect.margin)})"
    equal = {None: "–", True: f"yes{margin}", False: f"not shown{margin}"}[effect.equivalent]
    return [
        named(effect.outcome) + (" (primary)" if effect.primary else ""),
        study.label(effect.arm),
        f"{effect.units:,} × {effect.replicates}",
        number(effect.control),
        number(effect.treatment),
        full(effect.difference),
        full(effect.floor),
        bare_p(effect.p),
        bare_p(effect.p_adjusted),
        smallest(effect),
        equal,
    ]


def smallest(effect: Effect) -> str:
    """The smallest effect that the study finds, or "above 1", which no share can differ by."""
    return "above 1" if effect.too_few else number(effect.smallest)


def flip_row(found: ArmFlips, study: StudyInfo) -> list[str]:
    """One row under `FLIPS`."""
    flips = found.flips
    counts = (flips.both, flips.only_first, flips.only_second, flips.neither)
    return [
        study.label(found.arm),
        *(f"{count:,}" for count in counts),
        percents(flips.inconsistent),
        percents(found.floor.inconsistent),
        percents(found.net, signed=True),
        percents(flips.arbitrary),
        full(flips.jaccard),
    ]


def pair_row(found: Twice, study: StudyInfo) -> list[str]:
    """One row under `PAIRS`."""
    flips = found.flips
    return [
        study.label(found.arm),
        f"{flips.papers:,} × {flips.replicates}",
        percents(flips.inconsistent),
        percents(flips.arbitrary),
    ]


def compared_rows(result: StudyResult) -> list[tuple[bool, list[str]]]:
    """Rows under `COMPARED`, one per arm, and whether each found an effect.

    If the acceptance rate fixes the primary outcome, the share of decisions that differ from the
    control's takes its place.
    """
    study = result.study
    about = [f"{study.papers:,} × {study.replicates}", study.rests_on]
    by_arm = {each.arm: each for each in result.flips}
    rows = []
    for each in result.primary:
        flips = by_arm.get(each.arm)
        if each.difference.low is None and flips is not None:
            said = ["decisions changed, %", percents(flips.flips.inconsistent),
                    percents(flips.floor.inconsistent), "–", "–"]  # fmt: skip
        else:
            said = [named(each.outcome), full(each.difference), full(each.floor),
                    bare_p(each.p_adjusted), smallest(each)]  # fmt: skip
        rows.append((each.found, [study.title, study.label(each.arm), *said, *about]))
    return rows


def caption(result: StudyResult) -> str:
    """What the columns of the tables mean."""
    design, level = result.design, 100 * (1 - result.design.alpha)
    methods = sorted({each.method for each in result.effects if each.method})
    holm = "by Holm over all outcomes and arms" if design.correction == "holm" else "not adjusted"
    return (
        f"Treatment − control, paired by unit and replicate; n: units × replicates. Brackets: "
        f"{level:g} % intervals, clustered by unit and by replicate. A/A: the control once more "
        f"with other seeds. p: {'; '.join(methods) or 'none'}; adjusted {holm}. {_exact(methods)}"
        f"Smallest effect: found with power .8 at {design.alpha:g} (above 1: larger than any "
        f"effect on a share). "
        f"Rests on: {result.study.rests_on}."
    )


def _exact(methods: Sequence[str]) -> str:
    """When each kind of p is right, as measured in benchmarks/studies/SIMULATION.md."""
    said = ""
    if any(method.startswith("sign-flip of replicates, studentised") for method in methods):
        said += (
            "The flips are exact if the treatment does nothing to any paper; if it helps some and "
            "harms others by as much, p is right at .05, and at other levels only in large "
            "studies. "
        )
    if any(method.startswith("t test") for method in methods):
        said += (
            "The t test is right in large studies, and conservative if the treatment does nothing "
            "to any paper. "
        )
    return said


def markdown(result: StudyResult) -> str:
    """The tables for a README or a paper's appendix."""
    study = result.study
    parts = [f"## {study.title}", f"{study.question} {' '.join(result.answer)}"]
    parts.append(_markdown(EFFECTS, [effect_row(each, result.study) for each in result.effects]))
    if result.flips:
        parts.append(_markdown(FLIPS, [flip_row(each, result.study) for each in result.flips]))
    if result.pairs:
        parts.append(_markdown(PAIRS, [pair_row(each, result.study) for each in result.pairs]))
    parts.append(caption(result))
    parts += [f"Published: {study.known}."] if study.known else []
    return "\n\n".join(parts) + "\n"


def latex(result: StudyResult) -> str:
    """The tables with booktabs, scaled to the line width."""
    parts = [_latex(EFFECTS, [effect_row(each, result.study) for each in result.effects])]
    if result.flips:
        parts.append(_latex(FLIPS, [flip_row(each, result.study) for each in result.flips]))
    if result.pairs:
        parts.append(_latex(PAIRS, [pair_row(each, result.study) for each in result.pairs]))
    head = "% needs \\usepackage{booktabs,graphicx}; scaled down to fit the line\n"
    return head + "\n\\bigskip\n\n".join(f"\\noindent{part}" for part in parts)


def number(value: float | None) -> str:
    """Three decimals without the leading zero; fewer for large values; "–" for None."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.1f}".replace("-", "−")
    said = f"{value:.3f}"
    said = "0.000" if said == "-0.000" else said
    return (said.replace("0.", ".", 1) if abs(value) < 1 else said).replace("-", "−")


def full(estimate: Estimate) -> str:
    """The value with its interval."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return number(estimate.value)
    return f"{number(estimate.value)} [{number(estimate.low)}, {number(estimate.high)}]"


def percent(value: float | None, signed: bool = False) -> str:
    """A share as per cent with one decimal."""
    if value is None:
        return "–"
    return (f"{100 * value:+.1f}" if signed else f"{100 * value:.1f}").replace("-", "−")


def percents(estimate: Estimate, signed: bool = False) -> str:
    """A share with its interval, in per cent."""
    if estimate.low is None or estimate.high is None:
        return percent(estimate.value, signed)
    ends = f"[{percent(estimate.low, signed)}, {percent(estimate.high, signed)}]"
    return f"{percent(estimate.value, signed)} {ends}"


def bare_p(p: float | None) -> str:
    """A p value for a table's cell."""
    if p is None:
        return "–"
    return "< .001" if p < 0.001 else f"{p:.3f}".replace("0.", ".", 1)


def p_value(p: float | None) -> str:
    """A p value for a sentence."""
    said = bare_p(p)
    return f"p {said}" if said.startswith("<") else f"p = {said}"


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _latex(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    body = [" & ".join(map(_cell, row)) + r" \\" for row in rows]
    return "\n".join(
        [
            r"{\footnotesize\setlength{\tabcolsep}{3pt}%",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{ll{'r' * (len(heads) - 2)}}}",
            r"\toprule",
            " & ".join(map(_cell, heads)) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}}}",
            "",
        ]
    )


def _cell(text: str) -> str:
    signs = {"−": "$-$", "×": r"$\times$", "±": r"$\pm$", "–": "--", "<": "$<$"}
    return "".join(signs.get(sign, escaped(sign)) for sign in text)
