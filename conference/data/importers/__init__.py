"""Importers, one per kind of source: each reads a source into `Dataset`s and writes nothing."""
