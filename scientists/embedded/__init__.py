"""The statistical scientist: real experiments, and text composed from measured facts."""
