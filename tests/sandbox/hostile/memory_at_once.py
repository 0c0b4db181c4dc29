# expect: memory_limit
"""Asks for 10 GB in one piece."""
block = bytearray(10 << 30)
print("ESCAPED: got 10 GB")
