"""gate.py - what all gates of `make check` have in common.

A gate is a function that looks at one thing and returns its faults, an
empty list when all is well.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Callable

from api import HEADER, git, inspect, outputs
from api_model import Api

# Folders that are never ours to judge.
_FOREIGN = {"build", "target", "third_party", "node_modules"}


@dataclass
class Context:
    """The tree, the build and what was read of them."""

    root: Path
    build: Path
    report: bool = False  # print what is asked for, beyond the faults
    notes: list[str] = field(default_factory=list)

    @property
    def header(self) -> Path:
        return self.root / HEADER

    @cached_property
    def inspected(self) -> tuple[Api, list[str], list[str]]:
        return inspect(self.root)

    @property
    def api(self) -> Api:
        return self.inspected[0]

    @cached_property
    def generated(self) -> dict[str, str]:
        return outputs(self.api)

    @property
    def library(self) -> Path:
        return self.build / "liblodge.so"

    @cached_property
    def paths(self) -> list[Path]:
        """Every file that is or may be committed."""
        listed = git(self.root, "ls-files", "-co", "--exclude-standard", "-z")
        if listed is not None:
            names = [self.root / n for n in listed.split("\0") if n]
        else:
            names = sorted(self.root.rglob("*"))
        return [p for p in names if p.is_file() and not self._foreign(p)]

    def _foreign(self, path: Path) -> bool:
        parts = path.relative_to(self.root).parts
        return bool(_FOREIGN.intersection(parts[:-1])) or parts[0] == ".git"

    def files(self, *patterns: str) -> list[Path]:
        """Files whose path in the tree matches one of the patterns.

        `*` does not cross a slash, `**/` is any number of folders.
        """
        found = [re.compile(_regex(p)) for p in patterns]
        return [
            p
            for p in self.paths
            if any(f.fullmatch(self.name(p)) for f in found)
        ]

    def name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def note(self, text: str) -> None:
        self.notes.append(text)


Gate = Callable[[Context], list[str]]


def _regex(pattern: str) -> str:
    parts = re.split(r"(\*\*/|\*)", pattern)
    meaning = {"**/": "(?:[^/]+/)*", "*": "[^/]*"}
    return "".join(meaning.get(p) or re.escape(p) for p in parts)


def run(*command: str | Path, text: str | None = None) -> tuple[int, str]:
    """Exit status and output of a command; -1 where it is not installed."""
    try:
        done = subprocess.run(
            [str(c) for c in command],
            input=text,
            stdin=None if text is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        return -1, f"{command[0]} is not installed"
    return done.returncode, done.stdout


def includes(text: str) -> list[tuple[int, str, bool]]:
    """(line, name, in angle brackets) of every include."""
    out = []
    for number, line in enumerate(text.split("\n"), 1):
        if found := re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line):
            out.append((number, found[2], found[1] == "<"))
    return out


def read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
