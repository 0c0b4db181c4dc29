# expect: bad_result
"""Writes bytes that are not text."""
open("results.json", "wb").write(b"\xff\xfe{}")
