# expect: bad_result
"""Makes the result a folder."""
import os

os.mkdir("results.json")
