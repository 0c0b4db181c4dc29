"""The model of a paper's quality: how it is fitted, what it was fitted on, and its card."""
