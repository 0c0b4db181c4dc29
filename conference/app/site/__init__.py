"""The proceedings and reports of a round as static pages."""

from __future__ import annotations

from conference.app.site.pages import write_site
from conference.app.site.rounds import write_rounds

__all__ = ["write_rounds", "write_site"]
