# expect: bad_result
"""Says that all went well, and writes nothing."""
print("wrote results.json")
