# expect: bad_result
"""Writes a result that is Python, not JSON."""
open("results.json", "w").write("__import__('os').system('true')")
