"""wheel.py - the same start as start.c makes, with the wasmtime wheel.

usage: python wheel.py GUEST WASM WAY [FILE]

The ways are those of start.c: `load` is Module.deserialize of the file's
bytes. The settings are Lodge's: guest
loops can be interrupted, functions are compiled on all cores.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import wasmtime as w

_last = 0


def phase(name: str) -> None:
    global _last
    now = time.monotonic_ns()
    if name:
        print(name, now - _last)
    _last = time.monotonic_ns()


def new_engine(way: str, file: str) -> w.Engine:
    config = w.Config()
    config.epoch_interruption = True
    config.parallel_compilation = True
    if way == "cache":
        toml = Path(file) / "cache.toml"
        if not toml.exists():
            toml.write_text(f'[cache]\ndirectory = "{file}"\n')
        config.cache = str(toml)
    return w.Engine(config)


def open_module(engine: w.Engine, wasm: str, way: str, file: str) -> w.Module:
    if way == "load":
        return w.Module.deserialize(engine, Path(file).read_bytes())
    return w.Module.from_file(engine, wasm)


def new_store(engine: w.Engine) -> w.Store:
    store = w.Store(engine)
    store.set_epoch_deadline(1 << 40)
    return store


def run_python(engine: w.Engine, module: w.Module) -> None:
    with tempfile.NamedTemporaryFile() as out:
        store, wasi = new_store(engine), w.WasiConfig()
        wasi.argv = ["python", "-c", "print(sum(range(10)))"]
        wasi.stdout_file = out.name
        store.set_wasi(wasi)
        linker = w.Linker(engine)
        linker.define_wasi()
        guest = linker.instantiate(store, module)
        phase("instance")
        try:
            guest.exports(store)["_start"](store)
        except w.ExitTrap as end:
            assert end.code == 0
        printed = out.read()
        phase("output")
        assert printed == b"45\n", printed


def run_typescript(engine: w.Engine, module: w.Module) -> None:
    store = new_store(engine)
    guest = w.Instance(store, module, []).exports(store)
    phase("instance")
    memory = guest["memory"]

    def send(text: str) -> None:
        data = text.encode()
        memory.write(store, data, guest["clear_shared_bytes"](store, len(data)))

    send('{"global":{},"plugin":{}}')
    guest["register_config"](store, 1)
    send("a.ts")
    guest["set_file_path"](store)
    send("let x=1")
    guest["format"](store, 1)
    n = guest["get_formatted_text"](store)
    at = guest["get_shared_bytes_ptr"](store)
    text = bytes(memory.read(store, at, at + n))
    phase("output")
    assert text == b"let x = 1;\n", text


def main() -> int:
    guest, wasm, way, file = [*sys.argv[1:], ""][:4]
    phase("")
    engine = new_engine(way, file)
    phase("engine")
    module = open_module(engine, wasm, way, file)
    phase("module")
    if way == "save":
        Path(file).write_bytes(module.serialize())
        phase("save")
    {"python": run_python, "typescript": run_typescript}[guest](engine, module)
    return 0


if __name__ == "__main__":
    sys.exit(main())
