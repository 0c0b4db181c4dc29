# expect: bad_result
"""Writes a result so deeply nested that a parser may run out of stack."""
open("results.json", "w").write('{"a":' + "[" * 200000 + "]" * 200000 + "}")
