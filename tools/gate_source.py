"""gate_source.py - gates that read the source tree as text."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from api_comment import code_of
from gate import Context, includes, read_text, run

_WASM_HEADERS = re.compile(
    r"(?:.*/)?(wasm|wasmtime|lodge_wt|wasi)\.h|wasmtime/.*"
)
_ALLOCATION = re.compile(
    r"\b(malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf"
    r"|aligned_alloc|posix_memalign)\s*\("
)
# Written in parts, so that this file does not match itself.
_MACHINE_PATHS = re.compile(r"/(?:home|Users)/[A-Za-z]|/(?:root)/\w")
_BINARY = {".wasm", ".png", ".jpg", ".gz", ".zip", ".so", ".a", ".o"}
_README_LINES = 150
_GENERATED = {"include/lodge.cdef.h", "src/do_table.h", "src/abi.h"}

_RUST_ENTRY = re.compile(r'extern "C" fn (lodge_wt_\w+)\b.*?\n}', re.S)
_RUST_GUARD = re.compile(r"\b(?:guard|or|catch_unwind)\(")
# Functions that need no guard, and why.
_CANNOT_PANIC = {
    "lodge_wt_host_target": "a constant",
    "lodge_wt_func_identity": "copies words",
    "lodge_wt_resident_run": "what runs on a fiber catches its own",
}


def layers(ctx: Context) -> list[str]:
    """Rooms speak to Wasmtime, core to libc, the rest to lodge.h."""
    faults = []
    for path in ctx.files("**/*.c", "**/*.h"):
        name = ctx.name(path)
        for line, header, angled in includes(read_text(path)):
            reason = _refusal(ctx, name, path, header, angled)
            if reason:
                faults.append(f"{name}:{line}: {header}: {reason}")
    return faults


def _refusal(
    ctx: Context, name: str, path: Path, header: str, angled: bool
) -> str | None:
    """Why a file may not include a header."""
    if _WASM_HEADERS.fullmatch(header) and not _may_see_wasm(name):
        return "only rooms include Wasmtime"
    if name.startswith("src/core/"):
        if not angled and not _in_core(ctx, path, header):
            return "core includes core and lodge.h only"
    elif _is_outside(name) and _is_internal(ctx, path, header):
        return "an internal header"
    return None


def _may_see_wasm(name: str) -> bool:
    """Rooms, the engine crate, and programs beside or of raw Wasmtime."""
    in_src = re.fullmatch(r"src/[^/]+\.[ch]", name)
    raw = ("wasmtime/", "bench/", "misuse/")
    return bool(in_src) or name.startswith(raw)


def _in_core(ctx: Context, path: Path, header: str) -> bool:
    core = ctx.root / "src" / "core"
    near = [path.parent / header, ctx.root / "src" / header]
    return header == "lodge.h" or any(
        p.is_file() and core in p.resolve().parents for p in near
    )


def _is_outside(name: str) -> bool:
    """What only knows the installed interface."""
    if name.startswith(("cli/", "examples/", "include/")):
        return True
    return bool(re.fullmatch(r"tests/(test|thread)_[^/]+\.c", name))


def _is_internal(ctx: Context, path: Path, header: str) -> bool:
    src = ctx.root / "src"
    if (path.parent / header).is_file():
        return src in (path.parent / header).resolve().parents
    return (src / header).is_file() or header.startswith(("src/", "core/"))


def allocation(ctx: Context) -> list[str]:
    """Memory comes from core/alloc.c and from nowhere else."""
    faults = []
    for path in ctx.files("src/**/*.c", "src/**/*.h"):
        name = ctx.name(path)
        if name == "src/core/alloc.c":
            continue
        lines = code_of(read_text(path)).split("\n")
        for number, line in enumerate(lines, 1):
            if found := _ALLOCATION.search(line):
                faults.append(
                    f"{name}:{number}: {found[1]} outside core/alloc.c"
                )
    return faults


def formatting(ctx: Context) -> list[str]:
    """C files are as clang-format writes them."""
    if not (ctx.root / ".clang-format").is_file():
        return ["there is no .clang-format"]
    paths = [
        p
        for p in ctx.files("**/*.c", "**/*.h")
        if ctx.name(p) not in _GENERATED
    ]
    if not paths:
        return []
    tool = Path(sys.executable).parent / "clang-format"
    status, output = run(tool, "--dry-run", "-Werror", "--style=file", *paths)
    if status == 0:
        return []
    found = re.findall(r"^(\S+?):(\d+):\d+: error", output, re.M)
    first: dict[str, str] = {}
    for name, line in found:
        first.setdefault(name.replace(f"{ctx.root}/", ""), line)
    return [
        f"{name}:{line}: not formatted (clang-format -i {name})"
        for name, line in first.items()
    ] or [output.strip()]


def readme(ctx: Context) -> list[str]:
    """The README exists and is short."""
    path = ctx.root / "README.md"
    if not path.is_file():
        return ["there is no README.md"]
    lines = len(read_text(path).splitlines())
    return [f"{lines} lines, at most {_README_LINES}"] * (
        lines > _README_LINES
    )


def no_machine_paths(ctx: Context) -> list[str]:
    """No file names a home folder of some machine."""
    faults = []
    for path in ctx.paths:
        if path.suffix in _BINARY or path.is_symlink():
            continue
        for number, line in enumerate(read_text(path).split("\n"), 1):
            if found := _MACHINE_PATHS.search(line):
                faults.append(f"{ctx.name(path)}:{number}: {found[0]}...")
    return faults


def rust_guards(ctx: Context) -> list[str]:
    """No panic leaves the engine crate, where it would end the process."""
    faults = []
    bare = set(_CANNOT_PANIC)
    for path in ctx.files("wasmtime/src/**/*.rs"):
        for found in _RUST_ENTRY.finditer(read_text(path)):
            guarded = bool(_RUST_GUARD.search(found[0]))
            if not guarded and found[1] not in _CANNOT_PANIC:
                faults.append(f"{ctx.name(path)}: {found[1]} has no guard")
            if not guarded:
                bare.discard(found[1])
    return faults + [f"{name}: listed as unguarded" for name in sorted(bare)]
