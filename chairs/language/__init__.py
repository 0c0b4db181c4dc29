"""The language-model chair: discussion, meta-reviews and decisions."""
