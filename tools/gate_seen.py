"""gate_seen.py - what tests have seen, beside what the header documents.

`tools/run-tests debug` has the tests note which function returned which
status (tests/seen/seen.h).
"""

from __future__ import annotations

from gate import Context, read_text
from seen import Api, load

RECORD = "build/debug/seen/pairs"
_STOPS = {"LODGE_OK", "LODGE_REQUEST", "LODGE_YIELD"}
# Functions that return something else than LODGE_OK when all is well.
_GOOD = {
    "lodge_caller_fail": {"LODGE_E_HOST"},
    "lodge_caller_exit": {"LODGE_E_EXIT"},
    "lodge_caller_throw": {"LODGE_E_EXCEPTION"},
    "lodge_call": _STOPS,
    "lodge_resume": _STOPS,
    "lodge_instantiate": _STOPS,
}
# (function, status) that no test can bring about, and why.
EXCEPTIONS: dict[tuple[str, str], str] = {}

Pairs = set[tuple[str, str]]


def pairs(ctx: Context) -> list[str]:
    """Tests have seen each function's documented statuses, and no others."""
    path = ctx.root / RECORD
    if not path.is_file():
        return [f"no {RECORD}: `tools/run-tests debug` (make test) makes it"]
    api = load(ctx.root)
    noted, wanted = _noted(api, read_text(path)), _documented(api)
    ctx.note(f"{len(wanted & noted)} of {len(wanted)} pairs seen")
    return judge(noted, wanted, EXCEPTIONS.keys())


def judge(noted: Pairs, wanted: Pairs, excepted: Pairs) -> list[str]:
    """What is missing, and what is too much."""
    return (
        [
            f"{name}: no test has seen {status}"
            for name, status in sorted(wanted - noted - excepted)
        ]
        + [
            f"{name}: {status} was seen and is not documented"
            for name, status in sorted(noted - wanted)
        ]
        + [
            f"{name}: {status} was seen and is listed as an exception"
            for name, status in sorted(noted & excepted)
        ]
    )


def _noted(api: Api, record: str) -> Pairs:
    """The pairs of a record; functions that are no more are left out."""
    names = {fn["op"]: fn["name"] for fn in api["functions"]}
    statuses = {s["value"]: s["name"] for s in api["statuses"]}
    lines = [map(int, line.split()) for line in record.splitlines()]
    return {
        (names[op], statuses.get(status, f"status {status}"))
        for op, status in lines
        if op in names
    }


def _documented(api: Api) -> Pairs:
    """What the header says that each function returns."""
    return {
        (fn["name"], status)
        for fn in api["functions"]
        for status in _GOOD.get(fn["name"], {"LODGE_OK"}).union(fn["errors"])
    }
