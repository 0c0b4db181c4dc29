# expect: bad_result
"""Writes a sparse result that is larger than a reader should take."""
with open("results.json", "wb") as file:
    file.truncate(3 << 20)
