"""api_rules.py - what the header does not spell out.

Which parameter holds the length of which pointer, how long a function may
take, and what a new header may change against the one before.
"""

from __future__ import annotations

import re
from typing import Any

from api_model import MARKS, Api, Fault, Function, Param, Where

# Pairs that the naming rules below cannot find:
# (function, pointer) -> the parameter with its length.
LEN_TABLE: dict[tuple[str, str], str] = {
    ("lodge_reap", "kinds"): "cap",
    ("lodge_reap", "tokens"): "cap",
    ("lodge_error_init", "err"): "size",
}

# Pointers to bytes that have no length, and why.
NO_LENGTH = {
    ("lodge_release", "token"),  # never followed: an id in a pointer's shape
}

_LENGTH_NAMES = ("len", "cap", "words", "count")

# How long a call may take, first match wins. blocking: may run guest code,
# compile, or touch a file. leaf: some loads and stores; never waits, never
# allocates, never calls back. short: anything else; may allocate or copy.
_CLASSES = [
    (
        "blocking",
        r"call|resume|instantiate|do|func_call|instance_new|prepared_instance"
        r"|engine_new|engine_shutdown|store_gc|store_wasi|text_to_binary"
        r"|binary_to_text"
        r"|module_(open|open_file|validate|save|load|load_file)",
    ),
    (
        "leaf",
        r"abi|abi_hash|version|wasmtime_version|features|stat|status_name"
        r"|handle_info|release|error_init|engine_tick|engine_is_pulley"
        r"|(config|engine|store)_get|config_key|module_needs|store_cancel"
        r"|func_slots|caller_tag|caller_store|memory_(load|store)"
        r"|\w+_(count|size)",
    ),
]


def class_of(fn: Function) -> str:
    """leaf, short or blocking."""
    name = fn.name.removeprefix("lodge_")
    found = (c for c, pattern in _CLASSES if re.fullmatch(pattern, name))
    return next(found, "short")


def is_err(fn: Function, param: Param) -> bool:
    """The caller's error record at the end of a function."""
    return param is fn.params[-1] and param.type.to == "lodge_error"


def find_lengths(fn: Function) -> list[str]:
    """Pair pointers with their lengths; returns what could not be paired."""
    params = {p.name: p for p in fn.params}
    for at, param in enumerate(fn.params):
        for owner in _owners(fn, params, at):
            param.len_of.append(owner.name)
            if not param.type.is_pointer:
                owner.len = param.name
            elif "LODGE_E_BUFFER" in fn.errors:
                param.nullable = True  # "Text out": `len` may be NULL
    return [
        f"'{p.name}': '{p.type.c}' has no length"
        for p in fn.params
        if p.type.is_pointer
        and p.type.to in ("char", "u8", "void")
        and not p.len
        and (fn.name, p.name) not in NO_LENGTH
    ]


def _owners(fn: Function, params: dict[str, Param], at: int) -> list[Param]:
    """The pointers whose length parameter number `at` is."""
    param = fn.params[at]
    listed = [
        params[pointer]
        for (name, pointer), length in LEN_TABLE.items()
        if name == fn.name and length == param.name and pointer in params
    ]
    if listed or not param.type.abi in ("u32", "u64", "ptr"):
        return listed
    if param.type.is_pointer and param.type.to not in ("u32", "u64"):
        return []
    for suffix in ("_len", "_cap"):
        owner = params.get(param.name.removesuffix(suffix))
        if param.name.endswith(suffix) and owner and owner.type.is_pointer:
            return [owner]
    if param.type.is_pointer:
        return _full_length(fn, at)
    before = fn.params[at - 1] if at else None
    if param.name in _LENGTH_NAMES and before and before.type.is_pointer:
        return [before]
    return []


def _full_length(fn: Function, at: int) -> list[Param]:
    """(buf, cap, *len): the full length of what went to buf."""
    if at < 2 or fn.params[at].name not in ("len", "out_len"):
        return []
    if (
        fn.params[at - 1].name != "cap"
        or not fn.params[at - 2].type.is_pointer
    ):
        return []
    return [fn.params[at - 2]]


def mark_faults(param: Param) -> list[str]:
    """What is wrong between a parameter's mark and its type."""
    name, mark, kind = param.name, param.mark, param.type
    faults = []
    if mark not in MARKS:
        faults.append(f"'{name}': mark [{mark}] is unknown")
    if mark in ("out", "inout") and (not kind.is_pointer or kind.const):
        faults.append(f"'{name}': [{mark}], but '{kind.c}' cannot be written")
    writable = kind.is_pointer and not kind.const and kind.to != "void"
    if mark == "in" and writable:
        faults.append(f"'{name}': [in], but '{kind.c}' is not const")
    if mark == "take" and not (kind.handle and not kind.is_pointer):
        faults.append(f"'{name}': [take], but it is no handle")
    if not param.doc:
        faults.append(f"'{name}': its row says nothing")
    return faults


def error_faults(fn: Function) -> list[str]:
    """Errors that a function must be able to return."""
    faults = []
    for param in fn.params:
        if param.nullable or not fn.errors and not fn.is_status:
            continue
        if param.type.is_pointer and "LODGE_E_ARGUMENT" not in fn.errors:
            faults.append(f"'{param.name}' may not be NULL, but no ARGUMENT")
        by_value = param.type.handle and not param.type.is_pointer
        if by_value and "LODGE_E_HANDLE" not in fn.errors:
            faults.append(f"'{param.name}' is a handle, but no HANDLE")
    return faults


def compare(
    api: Api, old: dict[str, Any], shown: str
) -> tuple[list[Fault], list[Fault]]:
    """Faults and warnings of a header against released or committed data."""
    faults: list[Fault] = []
    warnings: list[Fault] = []
    now = {f.name: f for f in api.functions}
    for before in old.get("functions", []):
        fn = now.get(before["name"])
        if fn is None:
            text = f"{before['name']}: op {before['op']} is gone"
            faults.append(Fault(Where(shown, 1), text))
            continue
        if fn.op != before["op"]:
            text = f"{fn.name}: op was {before['op']}, now {fn.op}"
            faults.append(Fault(fn.where, text))
        if (
            fn.since == before["since"]
            and _signature(before) != fn.signature()
        ):
            text = (
                f"{fn.name}: signature was {_signature(before)}, "
                f"now {fn.signature()}"
            )
            frozen = api.version >= (1, 0, 0)
            (faults if frozen else warnings).append(Fault(fn.where, text))
    faults += _changed_constants(api, old, shown)
    return faults, warnings


def _signature(fn: dict[str, Any]) -> str:
    args = ", ".join(p["c_type"] for p in fn["params"]) or "void"
    return f"{fn['result']['c_type']} ({args})"


def _changed_constants(
    api: Api, old: dict[str, Any], shown: str
) -> list[Fault]:
    """After 1.0 a constant keeps its value."""
    if api.version < (1, 0, 0):
        return []
    now = {c.name: c for c in api.constants()}
    out = []
    for group in old.get("constants", []):
        for item in group["constants"]:
            const = now.get(item["name"])
            if const is None or const.value != item["value"]:
                text = f"{item['name']}: was {item['value']}"
                where = const.where if const else Where(shown, 1)
                out.append(Fault(where, text))
    return out
