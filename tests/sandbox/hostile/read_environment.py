# expect: secret_access
"""Looks for keys in its own environment and in those of all processes it sees."""
import os

for name, value in os.environ.items():
    if any(word in name for word in ("KEY", "TOKEN", "SECRET", "PASSWORD")):
        print("ESCAPED:", name, value)
for entry in ["1", str(os.getppid()), *os.listdir("/proc")]:
    try:
        text = open(f"/proc/{entry}/environ").read()
    except OSError:
        continue
    if "KEY" in text or "TOKEN" in text:
        print("ESCAPED:", text)
    if entry == "1":
        print("ESCAPED: process 1")
