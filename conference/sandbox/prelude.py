"""Loads trusted libraries and then becomes an untrusted Python script.

    python prelude.py CONTROL TASK SCRIPT ARGUMENT...

Loading PyTorch opens thousands of files, and the supervisor would be asked about each. So the
installed libraries are loaded before the watch begins, already inside namespaces and limits and
with nothing of the workspace on the path. The whole script runs under the watch. TASK is `marshal`
data in hexadecimal digits: `libraries`, `workspace`, and the launcher's `filter`, `watch` and
`files`.
"""

# ruff: noqa: PTH100, PTH120, PTH123
# Plain paths, because importing pathlib takes a tenth of the start-up time.
from __future__ import annotations

import _socket
import builtins
import contextlib
import importlib
import marshal
import os
import sys
import types

import launcher  # type: ignore[import-not-found]  # beside this file


def main() -> None:
    control = _socket.socket(fileno=int(sys.argv[1]))
    task = marshal.loads(bytes.fromhex(sys.argv[2]))
    del sys.argv[:3], sys.path[0]
    try:
        for name in task["libraries"]:
            with contextlib.suppress(Exception):  # The script's own import will fail the same way.
                importlib.import_module(name)
        os.chdir(task["workspace"])
        launcher.take_filter(control, task["filter"], task["watch"], task["files"])
    except BaseException as error:  # noqa: BLE001 (told to the supervisor)
        control.send(f"error {getattr(error, 'errno', 0)} {error}".encode())
        os._exit(127)
    control.close()
    del sys.modules["launcher"]
    run_as_main(sys.argv[0])


def run_as_main(script: str) -> None:
    """Run a script as `python script` does."""
    sys.path.insert(0, os.path.dirname(os.path.realpath(script)))
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=os.path.abspath(script), __builtins__=builtins)
    sys.modules["__main__"] = module
    with open(script, "rb") as file:
        source = file.read()
    exec(compile(source, module.__dict__["__file__"], "exec", dont_inherit=True), module.__dict__)


if __name__ == "__main__":
    main()
