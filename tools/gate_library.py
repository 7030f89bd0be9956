"""gate_library.py - gates on the built library and on reading its cdef.

The cdef gates prove that parsers of other languages take lodge.cdef.h as it
is, find every function in the library, and see the same numbers.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import config_keys
from gate import Context, read_text, run

_MAX_BYTES = 16_000_000
_CDEF = "include/lodge.cdef.h"
# pycparser knows no stdint.h and takes no preprocessor's work over.
_PRELUDE = """\
typedef signed int int32_t;
typedef unsigned int uint32_t;
typedef signed long int64_t;
typedef unsigned long uint64_t;
typedef unsigned char uint8_t;
"""


def _no_library(ctx: Context) -> list[str]:
    if ctx.library.is_file():
        return []
    return [f"{ctx.library.name} is not built in {ctx.build.name} (make)"]


def exports(ctx: Context) -> list[str]:
    """The library exports the header's functions and nothing else."""
    if missing := _no_library(ctx):
        return missing
    status, output = run("nm", "-D", "--defined-only", ctx.library)
    if status:
        return [output.strip()]
    # Type A is the version node of the linker's script, not a symbol.
    found = {
        parts[2].split("@")[0]
        for parts in map(str.split, output.splitlines())
        if len(parts) == 3 and parts[1] != "A"
    }
    wanted = {fn.name: fn.where for fn in ctx.api.functions}
    faults = [
        f"{n} ({wanted[n]}) is not exported"
        for n in sorted(set(wanted) - found)
    ]
    return faults + [
        f"{n} is exported, not in lodge.h" for n in sorted(found - set(wanted))
    ]


def size(ctx: Context) -> list[str]:
    """The stripped library is at most 16 MB."""
    if missing := _no_library(ctx):
        return missing
    cache = ctx.build / "CMakeCache.txt"
    if cache.is_file() and re.search(
        r"^LODGE_WASMTIME_PROFILE:\w+=(?!release$)", read_text(cache), re.M
    ):
        ctx.note("not the release engine: its size is not judged")
        return []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "liblodge.so")
        status, output = run("strip", "-o", copy, ctx.library.resolve())
        if status:
            return [output.strip()]
        count = copy.stat().st_size
    ctx.note(f"{count:,} bytes of {_MAX_BYTES:,}")
    return [f"{count:,} bytes, at most {_MAX_BYTES:,}"] * (count > _MAX_BYTES)


def cdef_plain(ctx: Context) -> list[str]:
    """lodge.cdef.h has nothing that a simple parser refuses."""
    data = (ctx.root / _CDEF).read_bytes()
    faults = []
    for what, pattern in (
        ("a preprocessor line", rb"#"),
        ("a comment", rb"/[*/]"),
        ("an attribute", rb"__\w|\[\["),
        ("a byte beyond ASCII", rb"[^\x00-\x7f]"),
    ):
        if found := re.search(pattern, data):
            line = data.count(b"\n", 0, found.start()) + 1
            faults.append(f"{_CDEF}:{line}: {what}")
    if not data.endswith(b"\n"):
        faults.append(f"{_CDEF}: no newline at its end")
    return faults


def cdef_cffi(ctx: Context) -> list[str]:
    """cffi reads the cdef and calls the library with it."""
    if missing := _no_library(ctx):
        return missing
    import cffi

    ffi = cffi.FFI()
    try:
        ffi.cdef(read_text(ctx.root / _CDEF))
        lib = ffi.dlopen(str(ctx.library))
    except (cffi.CDefError, OSError, ValueError) as error:
        return [str(error).replace("\n", " ")]
    return _compare_cffi(ctx, ffi, lib)


def _compare_cffi(ctx: Context, ffi: Any, lib: Any) -> list[str]:
    faults = []
    for fn in ctx.api.functions:
        try:
            getattr(lib, fn.name)
        except AttributeError:
            faults.append(f"{fn.name} is not found")
    for const in ctx.api.constants():
        if getattr(lib, const.name) != const.value:
            faults.append(f"{const.name} is not {const.value}")
    for struct in ctx.api.structs:
        if ffi.sizeof(struct.name) != struct.size:
            faults.append(f"sizeof({struct.name}) is not {struct.size}")
    if faults:
        return faults
    return _compare_numbers(ctx, lib.lodge_version(), lib.lodge_abi_hash())


def _version(ctx: Context) -> int:
    major, minor, patch = ctx.api.version
    return major << 16 | minor << 8 | patch


def _compare_numbers(ctx: Context, version: int, abi_hash: int) -> list[str]:
    faults = []
    if version != _version(ctx):
        faults.append(
            f"lodge_version() is 0x{version:x}, not 0x{_version(ctx):x}"
        )
    if abi_hash != ctx.api.abi_hash():
        faults.append(
            f"lodge_abi_hash() is 0x{abi_hash:x}, not 0x{ctx.api.abi_hash():x}"
        )
    return faults


def cdef_pycparser(ctx: Context) -> list[str]:
    """pycparser reads the cdef and sees every function."""
    from pycparser import c_ast, c_parser

    try:
        tree = c_parser.CParser().parse(_PRELUDE + read_text(ctx.root / _CDEF))
    except c_parser.ParseError as error:
        return [str(error)]
    seen = {
        node.name
        for node in tree.ext
        if isinstance(node, c_ast.Decl)
        and isinstance(node.type, c_ast.FuncDecl)
    }
    return [
        f"{f.name} is not seen"
        for f in ctx.api.functions
        if f.name not in seen
    ]


def cdef_luajit(ctx: Context) -> list[str]:
    """LuaJIT reads the cdef and calls the library with it."""
    if missing := _no_library(ctx):
        return missing
    if not shutil.which("luajit"):
        return ["luajit is not installed (apt: luajit)"]
    status, output = run("luajit", "-", text=_lua(ctx))
    return [] if status == 0 else [output.split("\n")[0]]


def _lua(ctx: Context) -> str:
    """A Lua program that fails where it sees anything else than we do."""
    lines = [
        'local ffi = require("ffi")',
        f"local file = assert(io.open([[{ctx.root / _CDEF}]]))",
        'ffi.cdef(file:read("*a"))',
        f"local lib = ffi.load([[{ctx.library}]])",
    ]
    lines += [f"assert(lib.{f.name})" for f in ctx.api.functions]
    lines += [
        f'assert(lib.{c.name} == {c.value}, "{c.name}")'
        for c in ctx.api.constants()
    ]
    lines += [
        f'assert(ffi.sizeof("{s.name}") == {s.size}, "{s.name}")'
        for s in ctx.api.structs
    ]
    lines.append(f'assert(lib.lodge_version() == {_version(ctx)}, "version")')
    lines.append(
        f"assert(lib.lodge_abi_hash() == 0x{ctx.api.abi_hash():x}ULL, "
        '"abi hash")'
    )
    return "\n".join(lines) + "\n"


def config_docs(ctx: Context) -> list[str]:
    """docs/config-keys.md says what the library says."""
    if missing := _no_library(ctx):
        return missing
    return config_keys.check(ctx.root, ctx.library)
