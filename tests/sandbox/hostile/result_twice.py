# expect: bad_result
"""Gives one measure two values."""
open("results.json", "w").write('{"loss": 1.0, "loss": 0.1}')
