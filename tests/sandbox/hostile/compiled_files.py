# expect: tamper
"""Changes what Python has compiled of its launcher and of the library, which the next run would load."""
import os
from pathlib import Path
import sys

for folder in (sys.argv[3], os.path.dirname(os.__file__)):
    for path in list(Path(folder, "__pycache__").glob("*.pyc"))[:3]:
        for change in (lambda: open(path, "r+b"), path.unlink, lambda: path.chmod(0o777)):
            try:
                change()
                print("ESCAPED:", path)
            except OSError:
                pass
