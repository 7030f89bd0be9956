#!/usr/bin/env python3
"""misuse.py - 252 mistakes: what comes of them in Wasmtime, and here.

    tools/misuse.py PROGRAM         make them all, write docs/misuse.md
    tools/misuse.py PROGRAM ID...   make some, print what comes of them
    tools/misuse.py --again         write the page with what it tells already,
                                    after a change of the table

PROGRAM is raw_misuse (misuse/), which makes one mistake with Wasmtime's C
API. Each runs in a process of its own, with a time limit; freed memory is
filled with a pattern. The other columns are those of tests/tables/misuse.md.
"""

from __future__ import annotations

import os
import platform
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = "tests/tables/misuse.md"
PAGE = "docs/misuse.md"
_SECONDS = 20
_RACES = 8  # how often a race is tried
_PATTERN = "165"  # malloc fills what is freed with it
_WORDS = 110  # letters of a message that are shown

ROW = re.compile(r"^\| ([A-O]\d+) \| (.+?) \| (.+?) \| (.+) \|$", re.M)
_TOLD = re.compile(
    r"^\| ([A-O]\d+) \| (.+?) \| (.+?) \| (.+?) \| (.+) \|$", re.M
)
_HEADING = re.compile(r"^## ([A-O]) (.+)$", re.M)
_PANIC = re.compile(r"panicked at (\S+?):\d+:\d+:\n(.*)")

# How what the program told is introduced.
_KINDS = {
    "error": "clean error: “{}”",
    "trap": "trap: “{}”",
    "done": "{}",
    "wrong": "**wrong result**: {}",
    "leak": "**leak**: {}",
    "crash": "**crash**: {}",
    "nothing": "undefined; unnoticed this time: {}",
    "not": "not made: {}",
    "broken": "BROKEN: {}",
}
_ORDER = ("leak", "wrong")  # these stand, whatever is told after them
_COUNTED = {
    "aborts": "end the process by a panic or an abort",
    "crash": "crash it by a signal",
    "hang": "hang",
    "wrong": "give a wrong result without a word",
    "leak": "leak",
    "undefined": "are undefined, and went unnoticed when they were made",
    "clean": "are a clean error or trap",
    "harmless": "do no harm",
    "not": "cannot be made on this machine or with this build",
}


@dataclass
class Outcome:
    kind: str  # of _COUNTED
    words: str


def _short(text: str) -> str:
    """One line that fits a cell."""
    text = re.sub(r"/\S*/(?=[^/\s]+\.(rs|c)\b)", "", text)
    text = re.sub(r"0x[0-9a-f]{5,}", "0x…", text)
    text = " ".join(text.split()).replace("|", "/").replace("`", "'")
    return text if len(text) <= _WORDS else text[: _WORDS - 1] + "…"


def _panic(stderr: str) -> str | None:
    """The first panic's words and place."""
    found = _PANIC.search(stderr)
    if not found:
        return None
    place = re.sub(r"^.*?/(?=(wasmtime[\w-]*|[\w-]+)-\d[\w.]*/src/)", "", found[1])
    place = re.sub(r"-\d[\w.]*(?=/src/)", "", place)
    return f"“{_short(found[2])}” (`{place.rsplit('/registry/')[-1]}`)"


def _ended(code: int, err: str) -> Outcome | None:
    """What a process that was ended died of."""
    if code >= 0:
        return None
    name = signal.Signals(-code).name
    if name == "SIGABRT":
        why = _panic(err)
        if not why:
            lines = [line for line in err.splitlines() if line.strip()]
            why = f"“{_short(lines[0])}”" if lines else "no message"
        return Outcome("aborts", f"**aborts**: {why}")
    return Outcome("crash", f"**crashes**: {name}")


def _told(out: str, err: str, code: int) -> Outcome:
    """What a process that lived has told."""
    lines = [line.split(": ", 1) for line in out.splitlines() if ": " in line]
    if not lines:
        return Outcome("harmless", f"ends with status {code}")
    first = [pair for pair in lines if pair[0] in _ORDER]
    kind, words = (first or lines)[-1]
    counted = {
        "error": "clean",
        "trap": "clean",
        "done": "harmless",
        "nothing": "undefined",
        "broken": "not",
    }.get(kind, kind)
    panic = _panic(err)
    text = _KINDS[kind].format(_short(words))
    if panic and kind in ("error", "trap"):
        text += "; a panic that was caught"
    return Outcome(counted, text)


def make(program: Path, row: str) -> Outcome:
    """Makes a mistake, and tells what came of it; a race until it is lost."""
    for _ in range(_RACES):
        outcome = _make(program, row)
        if outcome.kind != "undefined" or "a race" not in outcome.words:
            break
    return outcome


def _make(program: Path, row: str) -> Outcome:
    environment = {**os.environ, "MALLOC_PERTURB_": _PATTERN}
    environment.pop("RUST_BACKTRACE", None)
    process = subprocess.Popen(
        [str(program), row],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=environment,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # what it has forked, too
        process.communicate()
        return Outcome("hang", f"**hangs**: ended after {_SECONDS} s")
    ended = _ended(process.returncode, err)
    return ended or _told(out, err, process.returncode)


def rows_of(text: str) -> list[tuple[str, str, str, str]]:
    """(row, mistake, status, tests) of the table."""
    return ROW.findall(text)


_FIRST_WORDS = {
    "**aborts": "aborts",
    "**crash": "crash",
    "**hangs": "hang",
    "**wrong": "wrong",
    "**leak": "leak",
    "undefined": "undefined",
    "clean error": "clean",
    "trap: ": "clean",
    "not made": "not",
}


def outcome_of(words: str) -> Outcome:
    """What stands in the page, as what it was made of."""
    kinds = [k for first, k in _FIRST_WORDS.items() if words.startswith(first)]
    return Outcome(kinds[0] if kinds else "harmless", words)


def told(text: str) -> list[tuple[str, str, str, str, str]]:
    """(row, mistake, outcome, status, tests) of the page."""
    return _TOLD.findall(text)


def render(table: str, outcomes: dict[str, Outcome], what: str) -> str:
    """The page; `what` it was recorded with."""
    counts = dict.fromkeys(_COUNTED, 0)
    for outcome in outcomes.values():
        counts[outcome.kind] += 1
    lines = [
        "# Mistakes, in Wasmtime's C API and here",
        "",
        f"{len(outcomes)} mistakes that a host can make with Wasmtime's C API.",
        "Each was made there, in a process of its own, and what came of it",
        "stands in the third column; `make misuse` makes them again and writes",
        "this page. The fourth tells what the same mistake is in Lodge (a",
        "status, without its `LODGE_E_`), the last the tests that show it, or",
        "why it cannot be made.",
        "",
        f"Recorded with {what}; freed memory is filled with a pattern there",
        "(`MALLOC_PERTURB_`). What is undefined may end otherwise elsewhere.",
        "",
        "Of the mistakes in Wasmtime's C API,",
        "",
    ]
    lines += [f"- {counts[k]} {words}" for k, words in _COUNTED.items()]
    lines += [
        "",
        "In Lodge none of them ends the process, hangs, leaks or goes",
        "unnoticed, but for what is named as not checkable or documented.",
    ]
    headings = dict(_HEADING.findall(table))
    group = ""
    for row, mistake, status, shown in rows_of(table):
        if row[0] != group:
            group = row[0]
            lines += ["", f"## {group} {headings[group]}", ""]
            lines += ["| row | mistake | Wasmtime | Lodge | shown by |"]
            lines += ["|---|---|---|---|---|"]
        words = outcomes[row].words
        lines.append(f"| {row} | {mistake} | {words} | {status} | {shown} |")
    return "\n".join(lines) + "\n"


def again(table: str, page: str) -> str:
    """The page of another table, with the outcomes of this page."""
    outcomes = {row: outcome_of(words) for row, _, words, *_ in told(page)}
    what = re.search(r"^Recorded with (.*); freed memory", page, re.M)
    return render(table, outcomes, what[1] if what else "an unknown version")


def main(argv: list[str]) -> int:
    if not argv:
        print(__doc__, file=sys.stderr)
        return 2
    table = (ROOT / TABLE).read_text(encoding="utf-8")
    if argv == ["--again"]:
        page = (ROOT / PAGE).read_text(encoding="utf-8")
        (ROOT / PAGE).write_text(again(table, page), encoding="utf-8")
        return 0
    program, wanted = Path(argv[0]).resolve(), argv[1:]
    rows = wanted or [row for row, *_ in rows_of(table)]
    with ThreadPoolExecutor(2) as pool:
        made = pool.map(lambda row: make(program, row), rows)
        outcomes = dict(zip(rows, made))
    if wanted:
        for row, outcome in outcomes.items():
            print(row, outcome.kind, outcome.words)
        return 0
    version = subprocess.check_output([str(program), "--version"], text=True)
    system = f"{platform.system()} on {platform.machine()}"
    page = render(table, outcomes, f"Wasmtime {version.strip()}, {system}")
    (ROOT / PAGE).write_text(page, encoding="utf-8")
    print(f"wrote {PAGE}: {len(outcomes)} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
