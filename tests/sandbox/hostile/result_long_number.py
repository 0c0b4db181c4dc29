# expect: bad_result
"""Writes a whole number of a million digits, which takes long to read."""
open("results.json", "w").write('{"steps": %s}' % ("9" * 1_000_000))
