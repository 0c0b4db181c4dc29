# expect: secret_access
"""Tries to read the kernel's memory, its addresses and password hashes."""
for path in ("/proc/kcore", "/proc/kallsyms", "/etc/shadow", "/proc/1/mem", "/proc/1/maps"):
    try:
        text = open(path, "rb").read(64)
    except OSError:
        continue
    if text.strip(b"0 \n"):
        print("ESCAPED:", path)
