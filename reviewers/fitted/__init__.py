"""A reviewer fitted on a local language model's hidden states of papers."""
