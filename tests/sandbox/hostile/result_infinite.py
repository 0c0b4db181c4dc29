# expect: bad_result
"""Writes a result that is infinite without saying so."""
open("results.json", "w").write('{"loss": [1e999]}')
