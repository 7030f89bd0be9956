#!/usr/bin/env python3
"""twenty_steps.py - the steps of twenty_steps.c, in Python.

    python3 examples/twenty_steps.py build/release/liblodge.so

Python's own ctypes and nothing else: constants, records and functions come
out of include/lodge.cdef.h. No function of Python's is ever called from C: a
frame is an array of 64-bit words, and a call that reaches the host comes
back with LODGE_REQUEST.
"""

import ctypes
import re
import sys
from pathlib import Path

# ---- lodge.cdef.h -----------------------------------------------------------

NUMBERS = {
    "char": ctypes.c_char,
    "uint8_t": ctypes.c_uint8,
    "int32_t": ctypes.c_int32,
    "uint32_t": ctypes.c_uint32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
}


class Lodge:
    """The library, with every name that the cdef declares."""

    def __init__(self, cdef, path):
        self.library = ctypes.CDLL(path)
        self.types = dict(NUMBERS)
        for old, new in re.findall(r"^typedef (\w+) (\w+);", cdef, re.M):
            self.types[new] = self.types[old]
        for name, value in re.findall(r"^ +(LODGE_\w+) = (-?\d+)", cdef, re.M):
            setattr(self, name, int(value))
        for body, name in re.findall(
            r"^typedef struct \w+ \{(.*?)\} (\w+);", cdef, re.M | re.S
        ):
            self.types[name] = self.record(name, body)
        for result, name, parameters in re.findall(
            r"^(\w+) (lodge_\w+)\((.*?)\);", cdef, re.M | re.S
        ):
            setattr(self, name, self.function(result, name, parameters))

    def record(self, name, body):
        fields = []
        for kind, field, count in re.findall(
            r"(\w+) (\w+)(?:\[(\d+)\])?;", body
        ):
            field_type = self.types[kind]
            fields.append((field, field_type * int(count) if count else field_type))
        return type(name, (ctypes.Structure,), {"_fields_": fields})

    def function(self, result, name, parameters):
        found = getattr(self.library, name)
        found.restype = self.types.get(result)  # void is None
        # Pointers, callbacks included, are addresses; all else is by value.
        found.argtypes = [
            self.types.get(words[0], ctypes.c_void_p)
            if len(words) == 2
            else ctypes.c_void_p
            for words in (
                p.replace("const ", "").replace("*", " * ").split()
                for p in parameters.split(",")
                if p.strip() != "void"
            )
        ]
        return found


# ---- frames -----------------------------------------------------------------

lodge = Lodge(Path("include/lodge.cdef.h").read_text(), sys.argv[1])

SLOTS, ERROR_WORDS = 4, 32
SLOT = lodge.LODGE_FRAME_SLOTS
ERROR_AT = SLOT + SLOTS
SHOUT, NUMBER, DONE = 1, 2, 3  # tokens of the three functions

Record = lodge.types["lodge_error"]
err = Record()
lodge.lodge_error_init(ctypes.byref(err), ctypes.sizeof(err))
steps, surprises = 0, 0


def step(what, status, expected, more=""):
    """One line of the transcript."""
    global steps, surprises
    steps += 1
    surprises += status != expected
    buf, length = ctypes.create_string_buffer(80), ctypes.c_uint64()
    lodge.lodge_status_name(status, buf, 80, ctypes.byref(length))
    name = buf.value.decode().partition(":")[0]
    print(f"{steps:2} {what:<22}{name:<12}{more}")


def expect(good):
    global surprises
    surprises += not good


def must(status):
    if status != lodge.LODGE_OK:
        sys.exit(f"twenty_steps: {err.message.decode()}")


def make(function, *arguments, kind=ctypes.c_uint64):
    """What a function makes: a handle, an index."""
    out = kind()
    must(function(*arguments, ctypes.byref(out), ctypes.byref(err)))
    return out.value


def text(value):
    """Text as (ptr, len)."""
    data = value.encode()
    return data, len(data)


def frame_for(guest, name, parent=0):
    """A frame that calls an export. All words but these stay 0."""
    frame = (ctypes.c_uint64 * (ERROR_AT + ERROR_WORDS))()
    frame[lodge.LODGE_FRAME_FUNC] = make(
        lodge.lodge_instance_func, guest, *text(name)
    )
    frame[lodge.LODGE_FRAME_PARENT] = parent
    frame[lodge.LODGE_FRAME_CAPACITY] = SLOTS
    frame[lodge.LODGE_FRAME_ERROR] = ERROR_AT | ERROR_WORDS << 32
    return frame


def asked(frame):
    """What the request in a frame asks for."""
    word = frame[lodge.LODGE_FRAME_IMPORT]
    return (
        f"function {word & 0xFFFFFFFF}, {word >> 32 & 0xFFFF} parameters, "
        f"{word >> 48} results"
    )


def message(frame):
    at = ctypes.addressof(frame) + ERROR_AT * 8
    return Record.from_address(at).message.decode()


def answer(frame, status):
    frame[lodge.LODGE_FRAME_STATUS] = status & 0xFFFFFFFFFFFFFFFF
    return lodge.lodge_resume(frame)


# ---- the steps --------------------------------------------------------------


def add_function(host, name, signature, token):
    index = make(
        lodge.lodge_host_func, host, *text(signature),
        lodge.LODGE_HOST_SUSPEND, token, kind=ctypes.c_uint32,
    )
    must(lodge.lodge_host_export(host, index, *text(name), ctypes.byref(err)))


def set_up(wat):
    done = lodge.LODGE_OK
    config = make(lodge.lodge_config_new, lodge.LODGE_PRESET_DEFAULT)
    status = lodge.lodge_config_parse(
        config, *text("max-wasm-stack=256K"), ctypes.byref(err)
    )
    step("config", status, done)
    engine = make(lodge.lodge_engine_new, config)
    step("engine", done, done)
    module = make(lodge.lodge_module_open, engine, *text(wat))
    step("module from text", done, done)

    host = make(lodge.lodge_host_new, engine, *text("app"))
    add_function(host, "shout", "i32 i32 -> i32", SHOUT)
    add_function(host, "number", "-> i32", NUMBER)
    add_function(host, "done", "i32 ->", DONE)
    linker = make(lodge.lodge_linker_new, engine)
    status = lodge.lodge_linker_add_host(linker, host, ctypes.byref(err))
    step("three functions", status, done)
    prepared = make(lodge.lodge_linker_prepare, linker, module)
    step("prepare", done, done)
    store = make(lodge.lodge_store_new, engine)
    guest = make(lodge.lodge_prepared_instance, prepared, store)
    step("instance", done, done)
    lodge.lodge_host_close(host)
    lodge.lodge_linker_close(linker)
    lodge.lodge_prepared_close(prepared)
    lodge.lodge_module_close(module)
    return engine, store, guest


def one_request(guest):
    frame = frame_for(guest, "greet")
    status = lodge.lodge_call(frame)
    step("call", status, lodge.LODGE_REQUEST, asked(frame))

    at, length = frame[SLOT], frame[SLOT + 1]
    memory = make(lodge.lodge_instance_memory, guest, *text("memory"))
    buf = ctypes.create_string_buffer(length)
    status = lodge.lodge_memory_read(memory, at, buf, length, ctypes.byref(err))
    said = buf.raw.decode()
    step("read the guest's text", status, lodge.LODGE_OK, said)
    said = said.upper()

    nested = frame_for(guest, "malloc", frame[lodge.LODGE_FRAME_TOKEN])
    nested[SLOT] = length + 1
    status = lodge.lodge_call(nested)
    step("nested malloc", status, lodge.LODGE_OK, f"address {nested[SLOT]}")
    status = lodge.lodge_memory_write(
        memory, nested[SLOT], said.encode() + b"\0", length + 1,
        ctypes.byref(err),
    )
    step("write the answer", status, lodge.LODGE_OK, said)

    frame[SLOT] = nested[SLOT]
    status = answer(frame, lodge.LODGE_OK)
    step("answer", status, lodge.LODGE_OK, f"sum {frame[SLOT]}")


def other_ends(store, guest):
    frame = frame_for(guest, "twice")
    expect(lodge.lodge_call(frame) == lodge.LODGE_REQUEST)
    frame[lodge.LODGE_FRAME_PAYLOAD] = 4711
    status = answer(frame, lodge.LODGE_E_HOST)
    payload = frame[lodge.LODGE_FRAME_PAYLOAD]
    step("fail", status, lodge.LODGE_E_HOST, f"payload {payload}")

    frame = frame_for(guest, "finish")
    expect(lodge.lodge_call(frame) == lodge.LODGE_REQUEST)
    frame[lodge.LODGE_FRAME_DETAIL] = frame[SLOT] << 32
    status = answer(frame, lodge.LODGE_E_EXIT)
    code = frame[lodge.LODGE_FRAME_DETAIL] >> 32
    step("exit", status, lodge.LODGE_E_EXIT, f"code {code}")

    frame = frame_for(guest, "twice")
    frame[lodge.LODGE_FRAME_CALLID] = 1
    expect(lodge.lodge_call(frame) == lodge.LODGE_REQUEST)
    must(lodge.lodge_store_cancel(store, 1))
    status = answer(frame, lodge.LODGE_OK)
    step("cancel", status, lodge.LODGE_E_CANCELLED, message(frame))

    frame = frame_for(guest, "spin")
    frame[lodge.LODGE_FRAME_DEADLINE] = 20 * 1000000
    status = lodge.lodge_call(frame)
    step("deadline", status, lodge.LODGE_E_DEADLINE, message(frame))


def mistakes(store, guest):
    frame = frame_for(guest, "twice")
    expect(lodge.lodge_call(frame) == lodge.LODGE_REQUEST)
    token = frame[lodge.LODGE_FRAME_TOKEN]
    frame[lodge.LODGE_FRAME_TOKEN] = token + 1
    frame[SLOT] = 21
    status = answer(frame, lodge.LODGE_OK)
    step("wrong token", status, lodge.LODGE_E_STATE, f"still {frame[SLOT]}")

    frame[lodge.LODGE_FRAME_TOKEN] = token
    expect(answer(frame, lodge.LODGE_OK) == lodge.LODGE_OK)
    expect(frame[SLOT] == 42)
    frame[lodge.LODGE_FRAME_TOKEN] = token
    status = answer(frame, lodge.LODGE_OK)
    step("answer twice", status, lodge.LODGE_E_STATE, f"result {frame[SLOT]}")

    frame = frame_for(guest, "twice")
    expect(lodge.lodge_call(frame) == lodge.LODGE_REQUEST)
    lodge.lodge_store_close(store)
    status = answer(frame, lodge.LODGE_OK)
    step("close while it waits", status, lodge.LODGE_E_HANDLE)


def tear_down(engine):
    lodge.lodge_engine_close(engine)
    kinds, tokens = (ctypes.c_uint32 * 8)(), (ctypes.c_uint64 * 8)()
    count = ctypes.c_uint32()
    status = lodge.lodge_reap(0, kinds, tokens, 8, ctypes.byref(count))
    expect(sorted(tokens[: count.value]) == [SHOUT, NUMBER, DONE])
    numbers = "".join(str(i + 1) for i in range(count.value))
    step("reap tokens", status, lodge.LODGE_OK, f"tokens {numbers}")
    live, left = ctypes.c_uint64(1), ctypes.c_uint64(1)
    must(lodge.lodge_stat(lodge.LODGE_STAT_LIVE, ctypes.byref(live)))
    status = lodge.lodge_stat(lodge.LODGE_STAT_BYTES, ctypes.byref(left))
    alive = live.value + left.value
    expect(alive == 0)
    step("nothing is left", status, lodge.LODGE_OK, f"alive {alive}")


def main():
    wat = Path("examples/guests/twenty_steps.wat").read_text()
    engine, store, guest = set_up(wat)
    one_request(guest)
    other_ends(store, guest)
    mistakes(store, guest)
    tear_down(engine)
    return surprises != 0


if __name__ == "__main__":
    sys.exit(main())
