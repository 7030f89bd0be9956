"""environment.py - run a tool with the packages of requirements.txt.

`tools/setup check` makes a Python environment in the cache, named by the
hash of requirements.txt. A tool that needs its packages calls enter() before
it imports them.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parent


def folder():
    """Where the environment is, made or not."""
    requirements = (TOOLS / "requirements.txt").read_bytes()
    name = f"venv-{hashlib.sha256(requirements).hexdigest()[:16]}"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = os.environ.get("LODGE_CACHE") or Path(base, "lodge")
    return Path(cache, name)


def enter():
    """Go on inside the environment; start over there if need be."""
    if sys.version_info < (3, 11):
        sys.exit("the tools need Python 3.11 or newer")
    sys.dont_write_bytecode = True
    wanted = folder()
    if Path(sys.prefix).resolve() == wanted.resolve():
        return
    if not (wanted / "ready").is_file():
        status = subprocess.run([str(TOOLS / "setup"), "check"]).returncode
        if status:
            sys.exit(status)
    python = str(wanted / "bin" / "python")
    os.execv(python, [python, *sys.argv])
