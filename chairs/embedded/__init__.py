"""The statistical chair: weighted reading of reviews, level corrections and quotas."""
