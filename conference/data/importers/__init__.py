"""One importer for each source; each reads a source into `Dataset`s and writes nothing."""
