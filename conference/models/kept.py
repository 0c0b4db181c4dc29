"""Models kept in the user's cache: `vllm:NAME` means the one that is kept under that name."""

from __future__ import annotations

from pathlib import Path

from conference.core.files import user_cache


def kept_models() -> Path:
    """The folder that holds a folder for each kept model."""
    return user_cache() / "models"


def model_place(target: str) -> str:
    """Where a model is loaded from: its folder in the cache, or the folder or hub name as given."""
    kept = kept_models() / target
    return str(kept) if "/" not in target and kept.is_dir() else target
