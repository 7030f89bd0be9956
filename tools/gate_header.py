"""gate_header.py - gates on lodge.h and on what is generated from it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from api import stale
from gate import Context, read_text, run

_STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion"]
_STRICT += ["-Werror", "-fsyntax-only"]
_COMPILERS = [
    ("gcc", "c", ("c99", "c11", "c2x")),
    ("clang", "c", ("c99", "c11", "c2x")),
    ("g++", "c++", ("c++17",)),
    ("clang++", "c++", ("c++17",)),
]
# What its macros make compiles as cleanly as the header itself.
_SOURCE = """\
#include "lodge.h"
#include "lodge.h"
static void none(lodge_caller caller) { (void)caller; }
static double two(lodge_caller caller, float x, lodge_v128 y)
{
    (void)caller;
    return (double)x + (double)y.low;
}
LODGE_TYPED_HOST(host_none, none, void);
LODGE_TYPED_HOST(host_two, two, double, float, lodge_v128);
LODGE_TYPED_GUEST(guest_none, void);
LODGE_TYPED_GUEST(guest_two, double, float, lodge_v128);
const lodge_typed *used(int32_t which);
const lodge_typed *used(int32_t which)
{
    return which ? &host_none : &host_two;
}
"""
_VIEWS: tuple[list[str], ...] = ([], ["-DLODGE_PLAIN_HANDLES"])
_COLUMNS = 80


def header_form(ctx: Context) -> list[str]:
    """Every declaration has its comment, in the one form."""
    _, faults, warnings = ctx.inspected
    for text in warnings:
        ctx.note(f"warning: {text}")
    return faults


def header_width(ctx: Context) -> list[str]:
    """No line of the header is wider than 80 columns."""
    lines = enumerate(read_text(ctx.header).split("\n"), 1)
    return [
        f"{ctx.name(ctx.header)}:{n}: {len(line)} columns"
        for n, line in lines
        if len(line) > _COLUMNS
    ]


def header_compiles(ctx: Context) -> list[str]:
    """The header compiles alone: four languages, two compilers, two views."""
    faults = []
    for compiler, language, standards in _COMPILERS:
        for standard in standards:
            for view in _VIEWS:
                faults += _compile(ctx, compiler, language, standard, view)
    return list(dict.fromkeys(faults))


def _compile(
    ctx: Context, compiler: str, language: str, standard: str, view: list[str]
) -> list[str]:
    """Compile a file that has the header, twice, and uses its macros."""
    status, output = run(
        compiler,
        *_STRICT,
        f"-std={standard}",
        *view,
        f"-I{ctx.header.parent}",
        f"-x{language}",
        "-",
        text=_SOURCE,
    )
    if status < 0:
        return [f"{output}: install it (apt: {compiler.removesuffix('++')})"]
    if status:
        first = next((x for x in output.split("\n") if "error" in x), output)
        what = " ".join([compiler, standard, *view])
        return [f"{what}: {first.replace(str(ctx.root) + '/', '')}"]
    return []


def generated_files(ctx: Context) -> list[str]:
    """The generated files are what the header gives."""
    if ctx.inspected[1]:
        return ["not generated while the header has faults"]
    return [
        f"{x} (tools/api.py --write)" for x in stale(ctx.root, ctx.generated)
    ]


def do_table_compiles(ctx: Context) -> list[str]:
    """The dispatcher's cases compile without a warning."""
    source = (
        '#include "lodge.h"\n'
        "int32_t test_do(uint64_t *frame);\n"
        "int32_t test_do(uint64_t *frame)\n"
        "{\n    switch (frame[0]) {\n"
        '#include "do_table.h"\n'
        "    default:\n        return -1;\n    }\n}\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "do_table.h").write_text(
            ctx.generated["src/do_table.h"], encoding="utf-8"
        )
        status, output = run(
            "gcc",
            *_STRICT,
            "-std=c11",
            "-Wshadow",
            "-Wconversion",
            f"-I{ctx.header.parent}",
            f"-I{folder}",
            "-xc",
            "-",
            text=source,
        )
    lines = [x for x in output.split("\n") if "error" in x]
    return (lines[:3] or [output]) if status else []
