"""Studies: what a change to the venue does to its outcomes, and whether it is more than chance."""
