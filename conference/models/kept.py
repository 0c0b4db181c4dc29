"""Models in the user's cache: `vllm:NAME` loads the one that is kept there under that name."""

from __future__ import annotations

from pathlib import Path

from conference.core.files import user_cache


def kept_models() -> Path:
    """The folder of kept models, with one subfolder each."""
    return user_cache() / "models"


def model_place(target: str) -> str:
    """Where a model is loaded from: its folder in the cache, or the folder or hub name as given."""
    kept = kept_models() / target
    return str(kept) if "/" not in target and kept.is_dir() else target
