"""The language-model scientist: ideas, code, figures and words by a model, checked by us."""
