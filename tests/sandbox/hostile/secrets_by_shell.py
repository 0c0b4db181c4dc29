# expect: secret_access
"""Has a shell look for keys, with its own reading and with other programs."""
import subprocess

script = """
while read -r line; do echo "ESCAPED: $line"; done < ~root/.ssh/id_rsa
cat ~root/.netrc ~root/.aws/credentials && echo ESCAPED
tar -cf keys.tar ~root/.ssh && echo ESCAPED
"""
subprocess.run(["/bin/sh", "-c", script], stderr=subprocess.DEVNULL)
