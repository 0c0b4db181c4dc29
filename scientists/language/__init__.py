"""The language-model scientist: a model's ideas, code, figures and text, checked by our code."""
