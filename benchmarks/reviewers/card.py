"""The card of a benchmark: data, reviewers and definitions."""

from __future__ import annotations

from benchmarks.reviewers.results import Result
from benchmarks.reviewers.tables import full

DEFINITIONS = """\
- *Measured papers*: decided papers that every reviewer has scored. Withdrawn, desk-rejected and
  undecided papers are left out.
- *Thresholds* maximise balanced accuracy on the papers of four folds and are used on the fifth
  (folds stratified by decision). A score equal to the threshold is an accept.
- *AUROC* and *AP* are computed from the scores; ties count one half. (The AI Scientist's "AUC" is
  computed from the binary decision and equals its balanced accuracy.)
- *ρ others*, *MAE others*: against the mean of the paper's other humans, each human left out in
  turn. For ρ each paper counts once; for MAE each rating. Before MAE, scores are mapped onto the
  rating scale by a cross-fitted straight line.
- *ρ less human*: a reviewer's ρ minus one human's on the same left-out truths, paired.
- *ICC(1)*: one-way random effects with n0 for unequal panels. *Within-paper SD*: mean of the
  population SD of a paper's ratings. *Pairwise Pearson*: over all ordered pairs of ratings of one
  paper.
- *Memorisation probe*: ROUGE-L recall of an abstract's second half, written by the model from title
  and first half, minus that of another paper's half; and the balanced accuracy of decisions named
  from titles. Any model that stays on topic has a difference somewhat above 0: compare it with the
  difference on papers from after the model's data cut-off.
- *ECE*: mean distance between predicted probability and share accepted over ten bins. Noise alone
  lifts it above 0; *ECE by chance* is its value if the probabilities were right, with the range of
  95 % of draws.
- *Intervals*: 95 % percentile bootstrap over papers; all figures of a run share their resamples.
  Thresholds are fitted anew in each. Shares of 0 or 1 have Wilson's interval, and so have AUROC,
  AP, F1 and balanced accuracy of 0 or 1, with the number of papers of the smaller class.
"""


def card(result: Result) -> str:
    """The card in Markdown."""
    scale = ", ".join(f"{value:g}" for value in result.scale) or "unknown"
    lines = [
        f"# Benchmark card: {result.data}",
        "",
        f"- Data: {result.data}, from {result.source}, SHA-256 `{result.sha256}`",
        f"- Mix: {result.mix}",
        f"- Papers: {result.measured} measured of {result.papers}; {result.accepted} accepted, "
        f"{result.rejected} rejected; {result.ratings} human ratings",
        f"- Rating scale: {scale}; ratings are from {result.stage.replace('_', ' ')}",
        f"- Seed {result.seed}, {result.resamples} resamples",
        f"- Command: `{result.command or '(called from Python)'}`",
        "- Versions: " + ", ".join(f"{k} {v}" for k, v in result.versions.items()),
        "",
        *(("## Warnings", "", *(f"- {leak}" for leak in result.leaks), "") if result.leaks else ()),
        "## Notes",
        "",
        *(f"- {note}" for note in result.notes),
        "",
        "## Reviewers",
        "",
    ]
    for row in result.rows:
        lines.append(f"### {row.name} ({row.kind}, {row.n} papers)")
        lines.append("")
        lines += [f"- {key}: {value}" for key, value in row.about.items()]
        if row.cutoff:
            lines.append(f"- data cut-off: {row.cutoff}")
        if row.threshold is not None:
            lines.append(f"- median fitted threshold: {row.threshold:g}")
        if row.tied_share is not None:
            lines.append(f"- pairs of papers with tied scores: {row.tied_share:.1%}")
        if row.caveat:
            lines.append(f"- {row.caveat}")
        lines.append("")
    if result.probes:
        lines += ["## Memorisation probes", ""]
    for probe in result.probes:
        found = probe.found
        lines += [
            f"### {probe.model} ({found.n} papers, {found.failed} answers not usable, "
            f"seed {probe.seed})",
            "",
            *(f"- {said}: {full(figure)}" for said, figure in found.figures().items()),
            "",
        ]
    return "\n".join([*lines, "## Definitions", "", DEFINITIONS])
