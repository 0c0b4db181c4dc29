"""A fitted reviewer in a round, `fitted:FILE`: the embedded one with a language model's prediction.

Its rating is drawn from the venue's human panel around the fit's prediction; how strongly the
prediction counts was measured on the year that the fit was chosen on. Its texts are the embedded
reviewer's.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec

from conference.core.errors import UserError
from reviewers.embedded.mind import EmbeddedReviewer
from reviewers.embedded.panel import Panel, load_panel
from reviewers.fitted.head import FittedModel, load, ready

NAME = "fitted"


def make(role: str, spec: str) -> EmbeddedReviewer:
    """The reviewer of a file that `python -m reviewers.train language` wrote.

    Raises:
        UserError: the role is not "reviewer", the file has no fit, or its model is missing.
    """
    if role != "reviewer":
        raise UserError(f"minds.{role}: '{NAME}:{spec}': only reviewers are fitted.")
    source = partial(load, Path(spec))
    return EmbeddedReviewer(f"{NAME}:{spec}", source, partial(_panel, ready(Path(spec))))


def _panel(model: FittedModel, name: str) -> Panel:
    """A venue-year's panel with this fit's predictive power."""
    told = model.card["predictable"]
    return msgspec.structs.replace(load_panel(name), predictable=told, predicted=0.0)
