"""What a panel is worth: planted shared errors are found, and noise of human means is none."""

from __future__ import annotations

import numpy as np
import pytest

from conference.statistics.estimate import Undefined
from conference.statistics.panels import latent_errors, panel_worth

SIZE = 20_000


def planted(shared: float, seed: int = 0) -> tuple[np.ndarray, list[np.ndarray]]:
    """Four humans with errors of their own, and three models of another scale whose errors
    correlate at `shared`."""
    rng = np.random.default_rng(seed)
    quality, bias = rng.standard_normal((2, SIZE))
    humans = quality[:, None] + 1.2 * rng.standard_normal((SIZE, 4))
    own = rng.standard_normal((SIZE, 3))
    models = (
        3 + 0.5 * quality[:, None] + np.sqrt(shared) * bias[:, None] + np.sqrt(1 - shared) * own
    )
    return np.hstack([humans[:, :2], models]), list(humans)


@pytest.mark.parametrize("shared", [0.0, 0.3, 0.8])
def test_a_planted_error_correlation_is_found(shared: float) -> None:
    ratings, humans = planted(shared)
    models = latent_errors(ratings[:, 2:], humans, np.zeros(3, dtype=np.bool_))
    r, worth = panel_worth(models)
    assert r == pytest.approx(shared, abs=0.02)
    assert worth == pytest.approx(3 / (1 + 2 * shared), abs=0.1)
    assert np.diag(models) == pytest.approx(np.ones(3), abs=0.05)


def test_humans_on_the_panel_share_no_error_with_themselves() -> None:
    ratings, humans = planted(0.8)
    seated = np.array([True, True, False, False, False])
    r, worth = panel_worth(latent_errors(ratings[:, :2], humans, seated[:2]))
    assert r == pytest.approx(0, abs=0.03) and worth == pytest.approx(2, abs=0.1)
    mixed = latent_errors(ratings, humans, seated)
    assert mixed[0, 2] == pytest.approx(0, abs=0.05)
    assert panel_worth(mixed)[0] == pytest.approx(3 * 2 * 0.8 / 20, abs=0.02)


def test_what_tells_nothing_is_undefined() -> None:
    one = np.zeros(1, dtype=np.bool_)
    with pytest.raises(Undefined, match="two human ratings"):
        latent_errors(np.ones((3, 1)), [np.ones(1)] * 3, one)
    with pytest.raises(Undefined, match="agree no more"):
        latent_errors(np.ones((3, 1)), [np.array([1.0, 5.0])] * 3, one)
    with pytest.raises(Undefined, match="two reviewers"):
        panel_worth(np.ones((1, 1)))
