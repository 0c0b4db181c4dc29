# expect: network
"""Sends out what it has by other programs: a shell's own sockets, a package installer."""
import subprocess
import sys

for words in (["bash", "-c", "echo secret > /dev/tcp/127.0.0.1/9 && echo ESCAPED"],
              ["bash", "-c", "echo secret > /dev/udp/127.0.0.1/9 && echo ESCAPED"],
              [sys.executable, "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:9')"]):
    subprocess.run(words, stderr=subprocess.DEVNULL)
