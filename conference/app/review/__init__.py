"""One paper in, its reviews out: no round around it."""

from conference.app.review.review import PaperReview, review_paper, review_papers

__all__ = ["PaperReview", "review_paper", "review_papers"]
