"""gate_tables.py - the gate on the tables that lead from promises to tests.

A table of tests/tables has rows `| number | words | shown by |`, perhaps with
more columns between. The last column names tests as `program/function`, or
says why there can be none.
"""

from __future__ import annotations

import re

import misuse
from gate import Context, read_text

_ROW = re.compile(r"^\| ([A-Z]?\d[\d.]*) \| (.+?) \| (.+) \|$", re.M)
_TEST = re.compile(r"`(\w+)/(\w+)`")
_EXCUSES = ("Cannot be ", "Shown by ")


def _numbers(letter: str, last: int) -> list[str]:
    return [f"{letter}{n}" for n in range(1, last + 1)]


# The rows that each table must have, in order.
ROWS = {
    "builder.md": [
        row
        for part, last in enumerate([8, 3, 5, 10, 11, 2], start=1)
        for row in _numbers(f"C{part}.", last)
    ]
    + ["C2.0"],
    "defects.md": _numbers("", 27),
    "misuse.md": [
        row
        for letter, last in zip(
            "ABCDEFGHIJKLMNO",
            [28, 17, 8, 13, 18, 28, 28, 18, 13, 14, 15, 15, 18, 11, 8],
        )
        for row in _numbers(letter, last)
    ],
}


def tables(ctx: Context) -> list[str]:
    """Each row of tests/tables leads to tests that exist."""
    sources = {
        path.stem: read_text(path)
        for path in ctx.files("tests/**/*.c", "tests/**/*.cpp")
    }
    faults = []
    for name, wanted in ROWS.items():
        text = read_text(ctx.root / "tests" / "tables" / name)
        faults += [f"{name}: {f}" for f in judge(text, wanted, sources)]
        for note in moved(text, sources):
            ctx.note(f"{name}: {note}")
    return faults


def judge(text: str, wanted: list[str], sources: dict[str, str]) -> list[str]:
    """The faults of one table."""
    rows = _ROW.findall(text)
    found = [number for number, _, _ in rows]
    faults = [f"row {n} is missing" for n in wanted if n not in found]
    faults += [f"row {n} is not known" for n in found if n not in wanted]
    faults += [
        f"row {n} is there twice" for n in wanted if found.count(n) > 1
    ]
    for number, _, rest in rows:
        shown = rest.rsplit(" | ", 1)[-1]
        tests = _TEST.findall(shown)
        if not tests and not shown.startswith(_EXCUSES):
            faults.append(f"row {number} names no test and no reason")
        faults += [
            f"row {number}: there is no test {program}/{test}"
            for program, test in tests
            if not any(_runs(test, text) for text in sources.values())
        ]
    return faults


def misuse_page(ctx: Context) -> list[str]:
    """docs/misuse.md is made of its table, and tells of every row."""
    table = read_text(ctx.root / misuse.TABLE)
    page = ctx.root / misuse.PAGE
    if not page.is_file():
        return [f"there is no {misuse.PAGE}: `make misuse` writes it"]
    told = {row[0]: row[1:] for row in misuse.told(read_text(page))}
    return [
        f"{misuse.PAGE}: row {row}: not as in the table"
        " (tools/misuse.py --again)"
        for row, *words in misuse.rows_of(table)
        if row not in told
        or [told[row][0], *told[row][2:]] != words
        or not told[row][1].strip()
    ]


def _exists(program: str, test: str, sources: dict[str, str]) -> bool:
    """Whether a program defines a test function and runs it."""
    text = sources.get(f"test_{program}", sources.get(program, ""))
    return _runs(test, text)


def _runs(test: str, text: str) -> bool:
    head = rf"^(?:(?:static )?void )?{test}\(void \*\*"
    defined = re.search(head, text, re.M)
    return bool(defined) and bool(re.search(rf"\w\(\s*{test}\b", text))


def moved(text: str, sources: dict[str, str]) -> list[str]:
    """Tests that are in another program than a table says."""
    return [
        f"{program}/{test} is in {where} now"
        for program, test in _TEST.findall(text)
        if not _exists(program, test, sources)
        for where, source in sources.items()
        if _runs(test, source)
    ]
