#!/usr/bin/env python3
"""gates.py - everything that must not drift apart; `tools/check` runs it.

    tools/check [--only NAME]... [--list] [--report] [BUILD]

BUILD is the folder with liblodge.so, build/release if not given. One line a
gate: `ok    name` or `FAIL  name: reason`; further reasons follow indented.
All gates run; the exit status is 1 if any failed.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path

import environment

if __name__ == "__main__":
    environment.enter()

import gate_features
import gate_header
import gate_library
import gate_seen
import gate_source
import gate_tables
import gate_tests
from gate import Context, Gate, run

ROOT = Path(__file__).resolve().parent.parent
_SHOWN = 40  # reasons of one gate


def tools_tested(ctx: Context) -> list[str]:
    """The tools pass their own tests."""
    status, output = run(
        sys.executable, "-m", "unittest", "discover", "-s", ctx.root / "tools"
    )
    return output.strip().split("\n")[-20:] if status else []


GATES: dict[str, Gate] = {
    "tools": tools_tested,
    "header-form": gate_header.header_form,
    "header-width": gate_header.header_width,
    "header-compiles": gate_header.header_compiles,
    "generated": gate_header.generated_files,
    "do-table": gate_header.do_table_compiles,
    "cdef-plain": gate_library.cdef_plain,
    "cdef-cffi": gate_library.cdef_cffi,
    "cdef-pycparser": gate_library.cdef_pycparser,
    "cdef-luajit": gate_library.cdef_luajit,
    "exports": gate_library.exports,
    "size": gate_library.size,
    "config-docs": gate_library.config_docs,
    "layers": gate_source.layers,
    "allocation": gate_source.allocation,
    "format": gate_source.formatting,
    "readme": gate_source.readme,
    "machine-paths": gate_source.no_machine_paths,
    "rust-guards": gate_source.rust_guards,
    "functions-tested": gate_tests.functions_tested,
    "tables": gate_tables.tables,
    "misuse-page": gate_tables.misuse_page,
    "features": gate_features.features,
    "pairs": gate_seen.pairs,
}


def attempt(gate: Gate, ctx: Context) -> list[str]:
    """A gate's faults; a gate that breaks has one."""
    try:
        return gate(ctx)
    except Exception as error:  # one broken gate must not hide the others
        if ctx.report:
            traceback.print_exc()
        return [f"{type(error).__name__}: {error}"]


def show(name: str, faults: list[str], notes: list[str]) -> None:
    if faults:
        print(f"FAIL  {name}: {faults[0]}")
        for text in faults[1:_SHOWN]:
            print(f"      {text}")
        if len(faults) > _SHOWN:
            print(f"      and {len(faults) - _SHOWN} more")
    else:
        print(f"ok    {name}")
    for text in notes:
        print(f"      {text}")
    sys.stdout.flush()


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="tools/check", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("build", nargs="?", default=ROOT / "build" / "release")
    parser.add_argument("--only", action="append", choices=list(GATES))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--report", action="store_true")
    args = parser.parse_args(argv)
    if args.list:
        for name, gate in GATES.items():
            print(f"{name:17} {gate.__doc__}")
        return 0
    ctx = Context(ROOT, Path(args.build).resolve(), args.report)
    failed = 0
    for name in args.only or GATES:
        ctx.notes.clear()
        faults = attempt(GATES[name], ctx)
        show(name, faults, ctx.notes)
        failed += bool(faults)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
