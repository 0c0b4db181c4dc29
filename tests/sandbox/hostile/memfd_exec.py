# expect: memory_limit
"""Runs a program that is in no file: a copy of a shell in anonymous memory."""
import os

try:
    memory = os.memfd_create("hidden")
    with open("/bin/sh", "rb") as file:
        os.write(memory, file.read())
    if os.fork() == 0:
        os.execve(f"/proc/self/fd/{memory}", ["sh", "-c", "echo ESCAPED"], {})
    os.wait()
except OSError:
    pass
