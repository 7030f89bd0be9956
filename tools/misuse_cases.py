#!/usr/bin/env python3
"""misuse_cases.py - every way to misuse a parameter, for every function.

    tools/misuse_cases.py --cases FOLDER    write misuse_cases.c

One case for each function of api/lodge.json, each parameter, and each mistake
that can be made with a parameter of its sort; with the status that has to
come of it, as the API data has it: the kind of a handle, marks, lengths and
the list of errors. tests/test_all_misuse.c makes the mistakes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator

from seen import Api, load

ROOT = Path(__file__).resolve().parent.parent
_DO = "lodge_do"

# What is expected besides one status (tests/misuse.h).
GOOD = "MISUSE_GOOD"  # not a mistake: as in the good call
TOLD = "MISUSE_TOLD"  # good, or a failure that the function documents
_ARGUMENT, _HANDLE = "LODGE_E_ARGUMENT", "LODGE_E_HANDLE"
_BUFFER, _BOUNDS = "LODGE_E_BUFFER", "LODGE_E_BOUNDS"

# Functions that take as many values as there are.
_AS_MANY = {"lodge_ref_array_of"}
# Handles that no engine and no store owns.
_FREE = {"config", "budget", "wasi", "report", "lease"}
_OF_ENGINE = {"engine", "module", "linker", "host", "prepared", "shared_memory"}
# Those that a function may use together wherever they come from.
_ANYWHERE = {"shared_memory"}
_ALIGNED = {"u32", "i32", "u64", "i64", "lodge_extern", "lodge_error"}

Case = tuple[str, int, str, str, str]  # function, word, misuse, kind, expected


class Misfit(Exception):
    """The API data contradicts the rules that hold everywhere."""


def is_handle(param: Api) -> bool:
    return param["abi"] == "u64" and "handle" in param


def is_pointer(param: Api) -> bool:
    return param["abi"] == "ptr"


def is_error(param: Api) -> bool:
    """The record for the failure, which may be anything."""
    return param.get("to") == "lodge_error" and param["nullable"]


def is_bound(param: Api, unbound: set[str]) -> bool:
    """A handle that belongs to something, alone or in a lodge_extern."""
    if param.get("to") == "lodge_extern":
        return bool(param["const"])
    return is_handle(param) and param["handle"] not in unbound


def is_text_out(fn: Api, param: Api) -> bool:
    """(buf, cap, len): the full length is told."""
    return (
        param.get("to") in ("char", "u8")
        and not param["const"]
        and "len" in param
        and _BUFFER in fn["errors"]
    )


def documented(fn: Api, status: str) -> str:
    """The status, or that it must go well: closing always does."""
    return status if status in fn["errors"] else GOOD


def handle_cases(fn: Api, at: int, kinds: list[str]) -> Iterator[Case]:
    """Handles that name nothing, something else, or what is elsewhere."""
    name, param = fn["name"], fn["params"][at]
    mine, refused = param["handle"], documented(fn, _HANDLE)

    def case(misuse: str, expected: str, kind: str = mine) -> Case:
        return name, at + 1, f"MISUSE_{misuse}", kind, expected

    yield case("ZERO", GOOD if param["nullable"] else refused)
    yield case("ALL_ONES", refused)
    yield case("RANDOM", refused)
    yield case("STALE", refused)
    yield case("CLOSED_ELSEWHERE", refused)
    yield case("CLOSED_MEANWHILE", TOLD)
    for kind in kinds:
        if kind != mine:
            yield case("WRONG_KIND", refused, kind)
    # A running host call cannot be had twice.
    if mine != "caller" and mine not in _FREE | _OF_ENGINE:
        yield case("OTHER_STORE", _elsewhere(fn, param, _FREE | _OF_ENGINE))
    if mine != "caller" and mine not in _FREE:
        yield case("OTHER_ENGINE", _elsewhere(fn, param, _FREE))


def _has_type(fn: Api) -> bool:
    """Numbers of types are known to one engine only."""
    return any(p["name"] == "type" and p["abi"] == "u32" for p in fn["params"])


def _elsewhere(fn: Api, param: Api, unbound: set[str]) -> str:
    """What comes of a handle from elsewhere beside handles from here."""
    foreign = "LODGE_E_FOREIGN"
    if foreign not in fn["errors"]:
        unbound = unbound | _ANYWHERE
    others = [
        p
        for p in fn["params"]
        if p is not param and is_bound(p, unbound)
    ]
    if not others:  # but there may be references among its values
        return TOLD if foreign in fn["errors"] or _has_type(fn) else GOOD
    if foreign not in fn["errors"]:
        raise Misfit(
            f"{fn['name']}: two handles that can be of two stores or engines,"
            " and FOREIGN is not among its errors"
        )
    return foreign


def pointer_cases(fn: Api, at: int) -> Iterator[Case]:
    """Pointers that lead nowhere, or where others lead as well."""
    name, params = fn["name"], fn["params"]
    param = params[at]

    def case(misuse: str, expected: str, kind: str = "none") -> Case:
        return name, at + 1, f"MISUSE_{misuse}", kind, expected

    if not param["nullable"]:
        yield case("NULL", argument(fn, param))
    else:
        yield case("NULL", TOLD if "len" in param else GOOD)
    length = str(_word(fn, param["len"])) if "len" in param else "none"
    if "len" in param:
        yield case("NULL_EMPTY", TOLD, length)
    if param["to"] in _ALIGNED:
        odd = GOOD if is_error(param) else argument(fn, param)
        yield case("UNALIGNED", odd)
    elif param["to"] != "void":
        yield case("ODD_BYTES", GOOD, length)
    if param["to"] == "char" and param["const"]:
        yield case("NOT_UTF8", documented(fn, _ARGUMENT), length)
    for other in range(at + 1, len(params)):
        both = (param, params[other])
        if all(map(is_pointer, both)) and any(p["mark"] != "in" for p in both):
            yield name, at + 1, "MISUSE_OVERLAPPING", str(other + 1), TOLD


def _word(fn: Api, name: str) -> int:
    """Which word of the call a parameter is."""
    return [p["name"] for p in fn["params"]].index(name) + 1


def argument(fn: Api, param: Api) -> str:
    """ARGUMENT, which a function with such a parameter has to list."""
    if _ARGUMENT not in fn["errors"]:
        raise Misfit(
            f"{fn['name']}: {param['name']} may not be NULL nor unaligned,"
            " and ARGUMENT is not among its errors"
        )
    return _ARGUMENT


def length_cases(fn: Api, at: int) -> Iterator[Case]:
    """Lengths that are not those of what they belong to."""
    name, param = fn["name"], fn["params"][at]
    of = next(p for p in fn["params"] if p["name"] == param["len_of"][0])

    def case(misuse: str, expected: str, about: str = "none") -> Case:
        return name, at + 1, f"MISUSE_{misuse}", about, expected

    yield case("LEN_ZERO", TOLD)
    if is_text_out(fn, of):  # what tells the length stands next
        yield case("TEXT_SHORT", _BUFFER, str(at + 2))
    elif (
        _BUFFER in fn["errors"]
        and of["to"] == "u64"
        and fn["name"] not in _AS_MANY
    ):
        yield case("SHORT", _BUFFER)
    else:
        yield case("SHORT", TOLD)
    yield case(_wide(param, "HUGE"), huge(fn, of))


def _wide(param: Api, misuse: str) -> str:
    return misuse + ("" if param["abi"] in ("u64", "i64") else "_32")


def huge(fn: Api, of: Api) -> str:
    """What comes of a length that no buffer has."""
    if of["to"] == "lodge_error":
        return _ARGUMENT
    if of["to"] in ("char", "u8"):
        filled = of["mark"] == "in" or _BOUNDS in fn["errors"]
        return documented(fn, _ARGUMENT) if filled else TOLD
    return TOLD


def cases_of(fn: Api, kinds: list[str]) -> Iterator[Case]:
    """All of one function."""
    for at, param in enumerate(fn["params"]):
        if is_handle(param):
            yield from handle_cases(fn, at, kinds)
        elif is_pointer(param) and fn["name"] != "lodge_release":
            yield from pointer_cases(fn, at)
        elif "len_of" in param:
            yield from length_cases(fn, at)
        elif param["abi"] == "fn":
            yield fn["name"], at + 1, "MISUSE_NULL", "none", _ARGUMENT
        elif param["abi"] != "ptr":
            misuse = _wide(param, "MISUSE_NUMBER")
            yield fn["name"], at + 1, misuse, "none", TOLD


def all_cases(api: Api) -> list[Case]:
    kinds = [handle["kind"] for handle in api["types"]["handles"]]
    return [
        case
        for fn in api["functions"]
        if fn["name"] != _DO
        for case in cases_of(fn, kinds)
    ]


def _row(case: Case) -> str:
    name, word, misuse, kind, expected = case
    if kind == "none":
        kind = "0"
    elif not kind.isdigit():
        kind = f"LODGE_KIND_{kind.upper()}"
    return f'    {{"{name}", {word}, {misuse}, {kind}, {expected}}},\n'


def _closes(api: Api) -> Iterator[str]:
    ops = {fn["name"]: fn["op"] for fn in api["functions"]}
    for handle in api["types"]["handles"]:
        op = ops.get(f"{handle['name']}_close", 0)
        yield f"    [LODGE_KIND_{handle['kind'].upper()}] = {op},\n"


def render(api: Api) -> str:
    cases = all_cases(api)
    return (
        "/* Generated by tools/misuse_cases.py from api/lodge.json. */\n"
        '#include "misuse.h"\n\n'
        "const struct misuse_case misuse_cases[] = {\n"
        + "".join(map(_row, cases))
        + f"}};\nconst uint32_t misuse_case_count = {len(cases)};\n\n"
        + "const uint32_t misuse_closes[256] = {\n"
        + "".join(_closes(api))
        + "};\n"
    )


def main(argv: list[str]) -> int:
    if len(argv) != 2 or argv[0] != "--cases":
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    try:
        text = render(load(ROOT))
    except Misfit as misfit:
        print(f"api/lodge.json: {misfit}", file=sys.stderr)
        return 1
    (folder / "misuse_cases.c").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
