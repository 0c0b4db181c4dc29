"""Research scientists: they choose an idea, run experiments and write papers."""
