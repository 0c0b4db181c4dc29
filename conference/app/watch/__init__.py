"""A local page that shows a round, or a study's arms, while it runs."""

from conference.app.watch.server import serve, watching

__all__ = ["serve", "watching"]
