# expect: bad_result
"""Writes a result that is not a number."""
open("results.json", "w").write('{"loss": NaN}')
