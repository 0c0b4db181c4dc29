# expect: bad_result
"""Makes the result a named pipe, at which a reader would wait for ever."""
import os

os.mkfifo("results.json")
