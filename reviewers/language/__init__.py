"""The language-model reviewer: the venue's form, a persona, reflection and an ensemble."""
