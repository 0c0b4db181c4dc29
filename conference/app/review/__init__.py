"""Reviews of single papers, without a round."""

from conference.app.review.review import PaperReview, review_paper, review_papers

__all__ = ["PaperReview", "review_paper", "review_papers"]
