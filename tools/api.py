#!/usr/bin/env python3
"""api.py - the public API as data, generated from include/lodge.h.

    tools/api.py --check    say what is wrong or out of date (the default)
    tools/api.py --write    write the generated files

Generated and committed: api/lodge.json, include/lodge.cdef.h,
src/do_table.h, src/abi.h. The header is compared with the JSON of the last
commit and of the last release: operation numbers are only ever added. Runs
in the environment that `tools/setup check` makes.
"""

from __future__ import annotations

import argparse
import difflib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import environment

if __name__ == "__main__":
    environment.enter()

from api_model import Api
from api_read import read
from api_render import to_abi, to_cdef, to_do_table, to_json
from api_rules import compare

ROOT = Path(__file__).resolve().parent.parent
HEADER = "include/lodge.h"
JSON = "api/lodge.json"


def outputs(api: Api) -> dict[str, str]:
    """Path and text of every generated file."""
    return {
        JSON: to_json(api),
        "include/lodge.cdef.h": to_cdef(api),
        "src/do_table.h": to_do_table(api),
        "src/abi.h": to_abi(api),
    }


def git(root: Path, *args: str) -> str | None:
    """What git prints, or None where it cannot."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *args],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def baselines(root: Path) -> list[dict[str, Any]]:
    """The JSON of the last commit and of the last release.

    Without a git history (a release archive) the file that is there.
    """
    revisions = ["HEAD"]
    tag = git(root, "describe", "--tags", "--match", "v*", "--abbrev=0")
    if tag:
        revisions.append(tag.strip())
    texts = [git(root, "show", f"{r}:./{JSON}") for r in revisions]
    if git(root, "rev-parse", "--git-dir") is None and (root / JSON).exists():
        texts.append((root / JSON).read_text(encoding="utf-8"))
    return [json.loads(t) for t in texts if t]


def inspect(root: Path) -> tuple[Api, list[str], list[str]]:
    """The API of the header, what is wrong with it, and warnings."""
    api, faults = read(root / HEADER, HEADER)
    warnings: list[str] = []
    for old in baselines(root):
        broken, notes = compare(api, old, HEADER)
        faults += broken
        warnings += [str(n) for n in notes]
    faults.sort(key=lambda f: f.where.line)
    return api, list(dict.fromkeys(map(str, faults))), warnings


def write(root: Path, files: dict[str, str]) -> list[str]:
    """Write what differs; returns the names."""
    written = []
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            written.append(name)
    return written


def stale(root: Path, files: dict[str, str]) -> list[str]:
    """The first difference of each file that is out of date."""
    out = []
    for name, text in files.items():
        path = root / name
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if old != text:
            lines = difflib.unified_diff(
                old.split("\n"), text.split("\n"), n=0, lineterm=""
            )
            first = [x for x in lines if not x.startswith(("---", "+++"))]
            out.append(f"{name}: out of date, {' '.join(first[:2])}")
    return out


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n")[0]
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="the default")
    mode.add_argument("--write", action="store_true")
    parser.add_argument("--root", type=Path, default=ROOT)
    args = parser.parse_args(argv)
    api, faults, warnings = inspect(args.root)
    for text in warnings:
        print(f"warning: {text}", file=sys.stderr)
    if not faults:
        files = outputs(api)
        if args.write:
            for name in write(args.root, files):
                print(f"wrote {name}")
        else:
            faults = [
                f"{x} (tools/api.py --write)" for x in stale(args.root, files)
            ]
    for text in faults:
        print(text, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
