"""api_types.py - the types that a signature of lodge.h may use.

Fixed-width integers, float, double, handles, callbacks, and pointers to
those, to bytes and to the structs of the header. What is written counts:
`int` is banned although int32_t is the same type here.
"""

from __future__ import annotations

from clang.cindex import Cursor, CursorKind, Type as ClangType, TypeKind

from api_model import BYTES, SCALARS, Api, Type


def parameter(api: Api, kind: ClangType) -> Type | None:
    """The type of a parameter, None if it is banned."""
    if kind.kind == TypeKind.POINTER:
        return _pointer(api, kind)
    return scalar(api, kind)


def result(api: Api, kind: ClangType) -> Type | None:
    """The type of a result: neither a pointer nor a handle."""
    if kind.kind == TypeKind.VOID:
        return Type("void", "void", "void")
    out = None if kind.kind == TypeKind.POINTER else scalar(api, kind)
    return None if out and (out.handle or out.abi == "fn") else out


def element(api: Api, kind: ClangType) -> Type | None:
    """The type of a field or of an array's elements."""
    if kind.spelling in BYTES:
        return Type(kind.spelling, BYTES[kind.spelling], kind.spelling)
    return scalar(api, kind)


def scalar(api: Api, kind: ClangType) -> Type | None:
    """A number, a handle or a callback."""
    name = bare(kind)
    if name in SCALARS:
        return Type(name, SCALARS[name], name)
    for handle in api.handles:
        if handle.name == name:
            return Type(name, "u64", name, handle=handle.kind)
    for alias in api.aliases:
        if alias.name == name:
            return Type(name, alias.type.abi, name)
    if any(callback.name == name for callback in api.callbacks):
        return Type(name, "fn", name)
    return None


def _pointer(api: Api, kind: ClangType) -> Type | None:
    inner = kind.get_pointee()
    name, const = bare(inner), inner.is_const_qualified()
    spelled = f"{'const ' if const else ''}{name} *"
    if name in BYTES:
        return Type(spelled, "ptr", name, const, to=BYTES[name])
    if any(s.name == name for s in api.structs):
        return Type(spelled, "ptr", name, const, to=name)
    to = scalar(api, inner)
    if to is None or to.abi == "fn":
        return None
    return Type(spelled, "ptr", name, const, to.handle, to.abi)


def bare(kind: ClangType) -> str:
    """The name of a type without qualifiers."""
    return kind.spelling.replace("const ", "").strip()


def is_handle(record: Cursor) -> bool:
    """A struct whose only member is `uint64_t id`."""
    fields = [
        c for c in record.get_children() if c.kind == CursorKind.FIELD_DECL
    ]
    return (
        len(fields) == 1
        and fields[0].spelling == "id"
        and bare(fields[0].type) == "uint64_t"
    )
