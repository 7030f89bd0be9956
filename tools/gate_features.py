"""gate_features.py - the gate on docs/features.md, the table of features.

It has the rows 1 to 148 in order: `| number | feature | answer | shown by |`.
An answer begins with Yes, In part or No. Whatever of Lodge an answer names
has to exist: functions, constants and macros of the header, configuration
keys. The last column names programs that the build runs; only a No may be
without one.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

from gate import Context, read_text

ROWS = 148
_ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \|(.*)\|$", re.M)
_CODE = re.compile(r"`([^`]+)`")
_NAME = re.compile(r"\b(?:lodge_[a-z]|LODGE_[A-Z])\w*")
_KEY = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_REASON = 20  # characters that a reason has at least


@dataclass(frozen=True)
class Known:
    """What there is to be named."""

    names: Set[str]
    keys: Set[str]
    programs: Set[str]


def features(ctx: Context) -> list[str]:
    """Each row of docs/features.md names what exists."""
    return judge(read_text(ctx.root / "docs" / "features.md"), known(ctx))


def known(ctx: Context) -> Known:
    keys = read_text(ctx.root / "docs" / "config-keys.md")
    programs = ctx.files(
        "tests/**/test_*.c", "tests/**/test_*.cpp", "tests/**/thread_*.c",
        "tests/**/test_*.py", "tests/spec/spec.c", "examples/*.c",
        "examples/*.py",
    )  # fmt: skip
    return Known(
        names=set(_NAME.findall(read_text(ctx.header))),
        keys=set(re.findall(r"^\| `([a-z0-9-]+)` \|", keys, re.M)),
        programs={path.stem for path in programs},
    )


def judge(text: str, what: Known) -> list[str]:
    """The faults of the table."""
    rows = _ROW.findall(text)
    found = [int(number) for number, *_ in rows]
    faults = []
    if found != list(range(1, ROWS + 1)):
        faults.append(f"rows are not 1 to {ROWS} in order: {_odd(found)}")
    for number, _, answer, shown in rows:
        faults += [f"row {number}: {fault}" for fault in _row(answer, shown, what)]
    return faults


def _odd(found: list[int]) -> str:
    """Where the numbers leave their order."""
    for expected, number in enumerate(found, start=1):
        if number != expected:
            return f"{number} stands for {expected}"
    return f"there are {len(found)}"


def _row(answer: str, shown: str, what: Known) -> list[str]:
    verdict = re.match(r"(Yes|In part|No)\b[:, ]", answer)
    if not verdict:
        return ["the answer is not Yes, In part or No"]
    faults = []
    if verdict[1] != "Yes" and len(answer) < _REASON:
        faults.append("there is no reason")
    programs = _CODE.findall(shown)
    if verdict[1] != "No" and not programs:
        faults.append("no test shows it")
    if verdict[1] == "Yes" and not _CODE.search(answer):
        faults.append("it names nothing of Lodge")
    faults += [
        f"there is no program {name}"
        for name in programs
        if name not in what.programs
    ]
    faults += [f"there is no {name}" for name in _unknown(answer, what)]
    return faults


def _unknown(answer: str, what: Known) -> list[str]:
    """What an answer names and is not there."""
    unknown = []
    for code in _CODE.findall(answer):
        unknown += [n for n in _NAME.findall(code) if n not in what.names]
        if _KEY.fullmatch(code) and code not in what.keys:
            unknown.append(f"key {code}")
    return unknown
