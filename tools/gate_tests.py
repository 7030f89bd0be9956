"""gate_tests.py - gates on what the tests mention.

Textual: a name in a test is taken as a test of it. The report goes further
and looks for a test function that has both a function and its error.
"""

from __future__ import annotations

import re

from api_comment import code_of
from gate import Context, read_text

_BODY = re.compile(r"^\{\n(.*?)^\}", re.M | re.S)


def functions_tested(ctx: Context) -> list[str]:
    """Every public function occurs in a test."""
    words = _words(ctx)
    return [
        f"{fn.name} ({fn.where}) occurs in no test"
        for fn in ctx.api.functions
        if fn.name not in words
    ]


def errors_tested(ctx: Context) -> list[str]:
    """Every documented error occurs in a test."""
    words = _words(ctx)
    users: dict[str, str] = {}
    for fn in ctx.api.functions:
        for error in fn.errors:
            users.setdefault(error, fn.name)
    missing = [
        f"{error} (of {name}, for one) occurs in no test"
        for error, name in users.items()
        if error not in words
    ]
    _report_pairs(ctx)
    return missing


def _words(ctx: Context) -> set[str]:
    texts = [code_of(read_text(p)) for p in ctx.files("tests/**/*.c")]
    return set(re.findall(r"\blodge_\w+|\bLODGE_\w+", "\n".join(texts)))


def _bodies(ctx: Context) -> list[set[str]]:
    """The lodge words of each function of the tests."""
    out = []
    for path in ctx.files("tests/**/*.c"):
        for body in _BODY.findall(code_of(read_text(path))):
            words = set(re.findall(r"\b(?:lodge|LODGE)_\w+", body))
            short = re.findall(r"\b(?:FAILS|SAYS|GIVES)\((\w+)", body)
            out.append(words | {f"LODGE_E_{name}" for name in short})
    return out


def _report_pairs(ctx: Context) -> None:
    """How many function and error pairs share a test function."""
    together: set[tuple[str, str]] = set()
    for words in _bodies(ctx):
        errors = [w for w in words if w.startswith("LODGE_E_")]
        calls = [w for w in words if w.startswith("lodge_")]
        together.update((c, e) for c in calls for e in errors)
    pairs = [(f.name, e) for f in ctx.api.functions for e in f.errors]
    missing = [p for p in pairs if p not in together]
    ctx.note(
        f"{len(pairs) - len(missing)} of {len(pairs)} function and error "
        "pairs share a test function (--report lists the others)"
    )
    if ctx.report:
        for name, error in missing:
            ctx.note(f"no test has both {name} and {error}")
