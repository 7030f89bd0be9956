"""api_render.py - the generated files, from the API as data.

Each function returns a whole file as text; none of them writes.
"""

from __future__ import annotations

import json
from typing import Any

from api_model import Api, Callback, Field, Function, Param, Type

_NOTE = "Generated from include/lodge.h by tools/api.py; do not edit."
# Floating-point types: the integer of their size, their C name.
_REALS = {"f32": ("uint32_t", "float"), "f64": ("uint64_t", "double")}


# ---- api/lodge.json --------------------------------------------------------


def to_json(api: Api) -> str:
    """The API as JSON, keys in a fixed order, header order inside."""
    major, minor, patch = api.version
    out: dict[str, Any] = {
        "library": "lodge",
        "version": f"{major}.{minor}.{patch}",
        "abi": {"major": api.abi[0], "minor": api.abi[1]},
        "abi_hash": f"0x{api.abi_hash():016x}",
        "types": {
            "aliases": [a.json() for a in api.aliases],
            "handles": [h.json() for h in api.handles],
            "structs": [s.json() for s in api.structs],
            "callbacks": [c.json() for c in api.callbacks],
        },
        "statuses": [_status(c.json()) for c in api.statuses()],
        "config_keys": [_config_key(c.json()) for c in api.config_keys()],
        "constants": [g.json() for g in api.groups],
        "functions": [f.json() for f in api.functions],
    }
    return json.dumps(out, indent=2, ensure_ascii=False) + "\n"


def _status(item: dict[str, Any]) -> dict[str, Any]:
    value = item["value"]
    outcome = "done" if value == 0 else "pending" if value > 0 else "failed"
    short = item["name"].removeprefix("LODGE_").removeprefix("E_")
    return {
        "name": item["name"],
        "short": short,
        "value": value,
        "outcome": outcome,
        "doc": item["doc"],
    }


def _config_key(item: dict[str, Any]) -> dict[str, Any]:
    short = item["name"].removeprefix("LODGE_CONFIG_").lower()
    return {**item, "short": short}


# ---- include/lodge.cdef.h --------------------------------------------------


def to_cdef(api: Api) -> str:
    """Plain typedefs, enums and prototypes: no '#', no comment."""
    parts = [f"typedef {a.type.c} {a.name};" for a in api.aliases]
    parts += [f"typedef uint64_t {h.name};" for h in api.handles]
    for struct in api.structs:
        parts.append(f"typedef struct {struct.name} {{")
        parts += [f"    {_field(f)};" for f in struct.fields]
        parts.append(f"}} {struct.name};")
    parts += [_callback(c) for c in api.callbacks]
    for group in api.groups:
        parts.append("enum {")
        parts += [f"    {c.name} = {c.value}," for c in group.constants]
        parts[-1] = parts[-1].removesuffix(",")
        parts.append("};")
    parts += [_prototype(f) for f in api.functions]
    return "\n".join(parts) + "\n"


def _declared(kind: Type, name: str) -> str:
    return f"{kind.c}{name}" if kind.is_pointer else f"{kind.c} {name}"


def _field(field: Field) -> str:
    array = "" if field.count is None else f"[{field.count}]"
    return _declared(field.type, field.name) + array


def _args(params: list[Param]) -> str:
    return ", ".join(_declared(p.type, p.name) for p in params) or "void"


def _callback(cb: Callback) -> str:
    return f"typedef {cb.result.c} (*{cb.name})({_args(cb.params)});"


def _prototype(fn: Function) -> str:
    return f"{fn.result.c} {fn.name}({_args(fn.params)});"


# ---- src/do_table.h --------------------------------------------------------


def to_do_table(api: Api) -> str:
    """The cases of lodge_do, to be included inside its switch."""
    lines = [
        "/* do_table.h - the cases of lodge_do's switch (frame[0]).",
        " * " + _NOTE,
        " */",
        "/* clang-format off */",
    ]
    calls = [f for f in api.functions if f.op and f.name != "lodge_do"]
    for fn in sorted(calls, key=lambda f: f.op or 0):
        lines += _case(fn)
    lines.append("/* clang-format on */")
    return "\n".join(lines) + "\n"


def _case(fn: Function) -> list[str]:
    words = [
        _unpack(p.type, f"frame[{n}]") for n, p in enumerate(fn.params, 1)
    ]
    call = _wrapped(fn.name, words)
    if fn.result.abi == "void":
        body = [*call, "frame[0] = 0;"]
    elif fn.result.abi in _REALS:
        body = _real_result(fn, call)
    elif fn.result.abi in ("i32", "i64"):
        body = _assigned("frame[0] = (uint64_t)(int64_t)", call, "")
    else:
        body = _assigned("frame[0] =", call, " ")
    status = "(lodge_status)(int64_t)frame[0]" if fn.is_status else "LODGE_OK"
    body.append(f"return {status};")
    return [f"case {fn.op}:", *_deeper(body)]


def _assigned(head: str, call: list[str], glue: str) -> list[str]:
    line = head + glue + call[0]
    if len(call) == 1 and len(line) <= 76:
        return [line]
    return [head, *_deeper(call)]


def _deeper(lines: list[str]) -> list[str]:
    return [f"    {x}" for x in lines]


def _unpack(kind: Type, word: str) -> str:
    """The expression that makes an argument of a word."""
    if kind.abi in ("ptr", "fn"):
        return f"({kind.c})(uintptr_t){word}"
    if kind.handle:
        return f"({kind.c}){{ {word} }}"
    if kind.abi in _REALS:
        bits, real = _REALS[kind.abi]
        return f"((union {{ {bits} w; {real} r; }}){{ ({bits}){word} }}).r"
    return word if kind.abi == "u64" else f"({kind.c}){word}"


def _real_result(fn: Function, call: list[str]) -> list[str]:
    bits, real = _REALS[fn.result.abi]
    inner = [*call[:-1], call[-1].removesuffix(";")]
    return [
        f"frame[0] = ((union {{ {real} r; {bits} w; }}){{",
        *_deeper(inner),
        "}).w;",
    ]


def _wrapped(name: str, words: list[str]) -> list[str]:
    """A call, as many arguments on a line as 80 columns take."""
    lines, line = [], f"{name}("
    for number, word in enumerate(words):
        word += "," if number + 1 < len(words) else ""
        if len(line) + len(word) > 66:
            lines.append(line.rstrip())
            line = "    "
        line += f"{word} "
    return [*lines, line.rstrip() + ");"]


# ---- src/abi.h -------------------------------------------------------------


def to_abi(api: Api) -> str:
    """What the library must know of its own API data."""
    return "\n".join(
        [
            "/* abi.h - the hash that lodge_abi_hash returns.",
            " * " + _NOTE,
            " */",
            "#ifndef LODGE_ABI_HASH",
            f"#define LODGE_ABI_HASH UINT64_C(0x{api.abi_hash():016x})",
            "#endif",
            "",
        ]
    )
