"""A reviewer fitted on a local language model: what the model holds of a paper, read by a head."""
