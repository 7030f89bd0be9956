"""compiled.py - guests made of C libraries and a little C of our own.

The part of ours is NAME.c beside this file.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from packages import Failure, program, run

HERE = Path(__file__).resolve().parent
TARGET = ["--target=wasm32-wasi", "-O2", "-s", "-w"]


def inputs(name: str, sources: str) -> str:
    """A digest of all that the guest depends on."""
    clang = program("clang", f"to compile {name}")
    version = subprocess.run([clang, "--version"], capture_output=True,
                             check=True).stdout
    ours = [Path(__file__), HERE / f"{name}.c"]
    parts = [sources.encode(), version, *(p.read_bytes() for p in ours)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def unpack(archive: Path, folder: Path) -> Path:
    """The one folder that an archive of sources holds."""
    folder.mkdir()
    run([program("tar", "to unpack sources"), "xf", str(archive)],
        f"{archive.name} could not be unpacked", folder)
    (source,) = folder.iterdir()
    return source


def clang(name: str, arguments: list[str], folder: Path) -> None:
    try:
        run([program("clang", f"to compile {name}"), *TARGET, *arguments],
            f"{name} could not be compiled (clang, lld, wasi-libc and "
            "libclang-rt for wasm32 are needed; tools/setup test installs "
            "them)", folder)
    except OSError as reason:
        raise Failure(f"{name} could not be compiled: {reason}") from None


def build_zstd(source: Path, out: Path, name: str) -> None:
    lib = source / "lib"
    files = [str(p) for part in ("common", "compress", "decompress")
             for p in sorted((lib / part).glob("*.c"))]
    clang(name, ["-mexec-model=reactor", f"-I{lib}", "-DZSTD_DISABLE_ASM",
                 "-o", str(out), str(HERE / "zstd.c"), *files], source)


def build_sqlite(source: Path, out: Path, name: str) -> None:
    """The sources are first joined to one file, as SQLite's makers do."""
    program("tclsh", "to put SQLite's sources together")
    what = "SQLite's sources could not be put together"
    run(["./configure", "--disable-readline", "--disable-tcl"], what, source)
    run(["make", "sqlite3.c"], what, source)
    clang(name, [f"-I{source}", "-DSQLITE_OS_OTHER=1",
                 "-DSQLITE_THREADSAFE=0", "-DSQLITE_OMIT_LOAD_EXTENSION",
                 "-DSQLITE_OMIT_WAL", "-DSQLITE_TEMP_STORE=3",
                 "-o", str(out), str(HERE / "sqlite.c"),
                 str(source / "sqlite3.c")], source)
