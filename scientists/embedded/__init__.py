"""The statistical scientist: real experiments, and words from measured facts."""
