# expect: secret_access
"""Tries to read keys in every home folder."""
import os
import pwd

homes = {os.path.expanduser("~"), "/root", "/home"} | {entry.pw_dir for entry in pwd.getpwall()}
for home in homes - {"/tmp"}:
    for name in (".ssh/id_rsa", ".ssh/id_ed25519", ".aws/credentials", ".netrc", ".bashrc",
                 ".profile", ".config/gh/hosts.yml", ".bash_history"):
        try:
            print("ESCAPED:", open(os.path.join(home, name)).read())
        except OSError:
            pass
