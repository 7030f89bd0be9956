"""api_model.py - the public API as plain data.

What lodge.h says, without how it says it. Knows neither libclang nor any
output format: api_read.py fills these classes, api_render.py prints them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Iterator

MARKS = ("in", "out", "inout", "take")

# The scalar types a signature may use (design rule: nothing else exists in
# every foreign-function interface), with their short names in the JSON.
SCALARS = {
    "int32_t": "i32",
    "uint32_t": "u32",
    "int64_t": "i64",
    "uint64_t": "u64",
    "float": "f32",
    "double": "f64",
}
# What a pointer may additionally lead to: bytes.
BYTES = {"char": "char", "uint8_t": "u8", "void": "void"}


@dataclass
class Where:
    """A place in the header."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass
class Fault:
    """One reason why the header is refused."""

    where: Where
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


class Faults(list[Fault]):
    """What is wrong with one header."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    def add(self, line: int, text: str) -> None:
        self.append(Fault(Where(self.path, line), text))


@dataclass
class Type:
    """A C type of a parameter, a result or a field."""

    c: str  # as written, e.g. "const uint8_t *"
    abi: str  # i32 u32 i64 u64 f32 f64 ptr fn void, or struct
    name: str  # the type without const and star
    const: bool = False  # what the pointer leads to is const
    handle: str | None = None  # kind of handle, by value or pointed to
    to: str | None = None  # what a pointer leads to, abi name or struct

    @property
    def is_pointer(self) -> bool:
        return self.abi == "ptr"

    def json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"c_type": self.c, "abi": self.abi}
        if self.is_pointer:
            out["to"] = self.to
            out["const"] = self.const
        if self.abi == "fn":
            out["callback"] = self.name
        if self.handle:
            out["handle"] = self.handle
        return out


@dataclass
class Param:
    """A parameter with its row of the comment."""

    name: str
    type: Type
    mark: str = ""
    nullable: bool = False
    doc: str = ""
    len: str | None = None  # the parameter that holds this one's length
    len_of: list[str] = field(default_factory=list)  # the reverse

    def json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"name": self.name, **self.type.json()}
        out["mark"] = self.mark
        out["nullable"] = self.nullable
        if self.len:
            out["len"] = self.len
        if self.len_of:
            out["len_of"] = self.len_of
        out["doc"] = self.doc
        return out


@dataclass
class Function:
    name: str
    result: Type
    params: list[Param]
    where: Where
    doc: str = ""
    errors: list[str] = field(default_factory=list)  # full status names
    thread: str = ""
    since: str = ""
    op: int | None = None  # None only for lodge_do
    source: str = ""
    cls: str = ""  # leaf, short, blocking

    @property
    def is_status(self) -> bool:
        return self.result.c == "lodge_status"

    def json(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "name": self.name,
            "op": self.op,
            "since": self.since,
            "doc": self.doc,
            "params": [p.json() for p in self.params],
            "result": self.result.json(),
            "errors": self.errors,
            "thread": self.thread,
            "class": self.cls,
        }
        if self.source:
            out["source"] = self.source
        return out

    def signature(self) -> str:
        args = ", ".join(p.type.c for p in self.params) or "void"
        return f"{self.result.c} ({args})"


@dataclass
class Handle:
    kind: str  # engine, func, ...
    doc: str
    where: Where
    number: int = 0  # LODGE_KIND_*

    @property
    def name(self) -> str:
        return f"lodge_{self.kind}"

    def json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "number": self.number,
            "abi": "u64",
            "doc": self.doc,
        }


@dataclass
class Alias:
    """A typedef of a scalar, such as lodge_status."""

    name: str
    type: Type
    doc: str
    where: Where

    def json(self) -> dict[str, Any]:
        return {"name": self.name, **self.type.json(), "doc": self.doc}


@dataclass
class Field:
    name: str
    type: Type
    offset: int  # bytes
    size: int  # bytes
    count: int | None  # array length, None when not an array
    doc: str

    def json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"name": self.name, **self.type.json()}
        out["offset"] = self.offset
        out["size"] = self.size
        if self.count is not None:
            out["count"] = self.count
        out["doc"] = self.doc
        return out


@dataclass
class Struct:
    name: str
    size: int
    align: int
    fields: list[Field]
    doc: str
    where: Where

    def json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "size": self.size,
            "align": self.align,
            "fields": [f.json() for f in self.fields],
            "doc": self.doc,
        }


@dataclass
class Callback:
    name: str
    result: Type
    params: list[Param]
    doc: str
    where: Where

    def json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "params": [{"name": p.name, **p.type.json()} for p in self.params],
            "result": self.result.json(),
            "doc": self.doc,
        }

    def signature(self) -> str:
        args = ", ".join(p.type.c for p in self.params) or "void"
        return f"{self.result.c} ({args})"


@dataclass
class Constant:
    name: str
    value: int
    doc: str
    where: Where

    def json(self) -> dict[str, Any]:
        return {"name": self.name, "value": self.value, "doc": self.doc}


@dataclass
class Group:
    name: str  # status, config, store, ...
    doc: str
    constants: list[Constant]
    where: Where

    def json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "doc": self.doc,
            "constants": [c.json() for c in self.constants],
        }


def group_name(names: list[str], doc: str, taken: set[str]) -> str:
    """The words that all constants of a group share, or "status".

    Where another group has that name already, the words of the title.
    """
    if "LODGE_OK" in names:
        return "status"
    words = [n.removeprefix("LODGE_").split("_") for n in names]
    shared: list[str] = []
    for column in zip(*(w[:-1] for w in words)):
        if len(set(column)) != 1:
            break
        shared.append(column[0])
    name = "_".join(shared or words[0][:1]).lower()
    title = re.split(r"[(.,:;]", doc)[0]
    return _slug(title) if name in taken else name


def _slug(text: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", text.lower()))


@dataclass
class Api:
    version: tuple[int, int, int]
    handles: list[Handle] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    structs: list[Struct] = field(default_factory=list)
    callbacks: list[Callback] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)

    @property
    def abi(self) -> tuple[int, int]:
        return self.version[:2]

    def constants(self) -> Iterator[Constant]:
        for group in self.groups:
            yield from group.constants

    def statuses(self) -> list[Constant]:
        pattern = re.compile(r"LODGE_(OK|REQUEST|YIELD|E_\w+)$")
        return [c for c in self.constants() if pattern.match(c.name)]

    def config_keys(self) -> list[Constant]:
        return [
            c for c in self.constants() if c.name.startswith("LODGE_CONFIG_")
        ]

    def abi_lines(self) -> list[str]:
        """The ABI part in canonical form: what a binding relies on."""
        lines = [f"handle {h.name}" for h in self.handles]
        lines += [f"alias {a.name} {a.type.c}" for a in self.aliases]
        lines += [f"callback {c.name} {c.signature()}" for c in self.callbacks]
        lines += [f"const {c.name} {c.value}" for c in self.constants()]
        lines += [
            f"op {f.op} {f.name} {f.signature()}" for f in self.functions
        ]
        for s in self.structs:
            lines.append(f"struct {s.name} {s.size}")
            lines += [
                f"field {s.name}.{f.name} {f.type.c} {f.offset} {f.size}"
                for f in s.fields
            ]
        return sorted(lines)

    def abi_hash(self) -> int:
        return fnv1a("\n".join(self.abi_lines()).encode("ascii"))


def fnv1a(data: bytes) -> int:
    """64-bit FNV-1a."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value
