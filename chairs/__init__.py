"""Area chairs, senior area chairs and the program chair."""
