#!/usr/bin/env python3
"""compare_steps.py - the twenty steps are the same in every language.

    examples/compare_steps.py PROGRAM LIBRARY [LUAJIT]

Runs twenty_steps.c (PROGRAM), twenty_steps.py and, if its interpreter is
named, twenty_steps.lua. Each has to end well and to print the same bytes, and
docs/host-functions.md has to show them.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def output_of(command):
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True,
                          timeout=100, check=False)
    if done.returncode:
        print(f"{' '.join(command)} ended with {done.returncode}:")
        print((done.stdout + done.stderr).decode(errors="replace"))
    return done.stdout if done.returncode == 0 else None


def shown(transcript):
    """Whether the page has it, blanks at the ends of lines aside."""
    page = (HERE.parent / "docs" / "host-functions.md").read_text()
    lines = [line.rstrip() for line in transcript.decode().splitlines()]
    return "\n".join(lines) in page


def main(program, library, *luajit):
    commands = [[program],
                [sys.executable, str(HERE / "twenty_steps.py"), library]]
    if luajit:
        commands.append([*luajit, str(HERE / "twenty_steps.lua"), library])
    outputs = [output_of(command) for command in commands]
    if None in outputs:
        return 1
    for command, found in zip(commands[1:], outputs[1:]):
        if found != outputs[0]:
            print(f"{command[1]} prints something else:\n{found.decode()}")
            return 1
    if outputs[0].count(b"\n") != 20 or not shown(outputs[0]):
        print(f"docs/host-functions.md lacks:\n{outputs[0].decode()}")
        return 1
    print(f"{len(outputs)} programs, the same 20 steps")
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
