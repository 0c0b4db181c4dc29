# expect: bad_result
"""Writes a list for a result."""
open("results.json", "w").write("[1, 2]")
