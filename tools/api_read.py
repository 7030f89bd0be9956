"""api_read.py - lodge.h in, the API as data out.

libclang reads the declarations, api_comment.py the comments; what does not
fit together becomes a Fault. The header is read against a stdint.h of
our own, so the result does not depend on the machine.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Callable, Iterable

from clang.cindex import (
    Cursor,
    CursorKind,
    Index,
    TranslationUnit,
    Type as ClangType,
    TypeKind,
)

import api_types as types
from api_comment import Comments, code_of, paragraphs, sentence, without_sugar
from api_document import document
from api_model import (
    Alias,
    Api,
    Callback,
    Constant,
    Faults,
    Field,
    Function,
    Group,
    Handle,
    Param,
    Struct,
    Type,
    Where,
    group_name,
)
from api_rules import class_of, find_lengths

Allowed = Callable[[Api, ClangType], Type | None]

# A name in a comment, or the start of several.
_MENTION = re.compile(r"\b((?:lodge|LODGE)_\w+)\b(?!\.\w)(\*)?")
_STDINT = """\
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long int64_t;
typedef unsigned long uint64_t;
typedef long intptr_t;
typedef unsigned long uintptr_t;
#define INT32_C(x) x
#define UINT32_C(x) x##U
#define INT64_C(x) x##L
#define UINT64_C(x) x##UL
"""
_STDDEF = """\
typedef unsigned long size_t;
#define NULL ((void *)0)
"""
_ARGS = ["-xc", "-std=c11", "-nostdinc", "-target", "x86_64-unknown-linux-gnu"]


def parse(path: Path, text: str, *defines: str) -> TranslationUnit:
    """The header as libclang sees it, the system left out."""
    with tempfile.TemporaryDirectory() as folder:
        for name, body in (("stdint.h", _STDINT), ("stddef.h", _STDDEF)):
            Path(folder, name).write_text(body, encoding="ascii")
        return Index.create().parse(
            str(path),
            args=[*_ARGS, f"-I{folder}", *(f"-D{d}" for d in defines)],
            unsaved_files=[(str(path), text)],
        )


def read(path: Path, shown: str) -> tuple[Api, Faults]:
    """Read the header; shown is its name in messages."""
    reader = Reader(path, shown)
    return reader.api, reader.faults


class Reader:
    """One pass over one header."""

    def __init__(self, path: Path, shown: str) -> None:
        self.faults = Faults(shown)
        text = path.read_text(encoding="utf-8")
        self.text = self._without_sugar(text)
        # libclang counts bytes, so the comments are found in a text that
        # has one character per byte.
        self.comments = Comments(self.text.encode().decode("latin-1"))
        self.api = Api(self._version())
        self._read_declarations(path)
        self._check_mentions()
        self._check_plain_view(path)

    # ---- helpers ---------------------------------------------------------

    def _complain(self, line: int, text: str) -> None:
        self.faults.add(line, text)

    def _where(self, cursor: Cursor) -> Where:
        return Where(self.faults.path, cursor.location.line)

    def _type(
        self, allowed: Allowed, kind: ClangType, where: Where, what: str
    ) -> Type:
        """A type as data; a banned one is a fault, with a stand-in."""
        found = allowed(self.api, kind)
        if found is None:
            text = f"{what}: type '{kind.spelling}' is banned here"
            self._complain(where.line, text)
        return found or Type(kind.spelling, "banned", kind.spelling)

    def _params(self, cursors: Iterable[Cursor], of: str) -> list[Param]:
        out = []
        for c in cursors:
            what = f"{of}: {c.spelling}"
            kind = self._type(types.parameter, c.type, self._where(c), what)
            out.append(Param(c.spelling, kind))
        return out

    def _without_sugar(self, text: str) -> str:
        try:
            return without_sugar(text)
        except ValueError as error:
            self._complain(1, str(error))
            return text

    def _number(self, name: str) -> int | None:
        found = re.search(rf"\b{name}\s*=?\s*\(?(\d+)\b", self.text)
        return int(found[1]) if found else None

    def _version(self) -> tuple[int, int, int]:
        parts = [
            self._number(f"LODGE_VERSION_{p}")
            for p in ("MAJOR", "MINOR", "PATCH")
        ]
        if None in parts:
            self._complain(
                1, "LODGE_VERSION_MAJOR, _MINOR and _PATCH must be defined"
            )
        major, minor, patch = (p or 0 for p in parts)
        return major, minor, patch

    def _doc_before(self, cursor: Cursor) -> str:
        found = self.comments.before(cursor.extent.start.offset)
        return paragraphs(found.text) if found else ""

    def _doc_beside(self, cursor: Cursor) -> str:
        """The comment behind a declaration, else the one above it."""
        found = self.comments.after(cursor.extent.end.offset)
        return sentence(found.text) if found else self._doc_before(cursor)

    # ---- declarations ----------------------------------------------------

    def _read_declarations(self, path: Path) -> None:
        unit = parse(path, self.text)
        for problem in unit.diagnostics:
            if problem.severity >= 2:
                self._complain(problem.location.line, problem.spelling)
        handlers: dict[CursorKind, Callable[[Cursor], None]] = {
            CursorKind.TYPEDEF_DECL: self._typedef,
            CursorKind.ENUM_DECL: self._enum,
            CursorKind.FUNCTION_DECL: self._function,
            CursorKind.VAR_DECL: self._variable,
            CursorKind.UNION_DECL: self._union,
        }
        for cursor in unit.cursor.get_children():
            source = cursor.location.file
            if source is None or source.name != str(path):
                continue
            if handler := handlers.get(cursor.kind):
                handler(cursor)
        self._check_named()

    def _variable(self, cursor: Cursor) -> None:
        self._complain(
            cursor.location.line, f"{cursor.spelling}: variables are banned"
        )

    def _union(self, cursor: Cursor) -> None:
        self._complain(
            cursor.location.line, f"{cursor.spelling}: unions are banned"
        )

    def _typedef(self, cursor: Cursor) -> None:
        under = cursor.underlying_typedef_type
        record = under.get_declaration()
        if under.get_canonical().kind == TypeKind.RECORD:
            if types.is_handle(record):
                self._handle(cursor)
            else:
                self._struct(cursor, record)
        elif under.kind == TypeKind.POINTER:
            self._callback(cursor, under.get_pointee())
        else:
            where = self._where(cursor)
            kind = self._type(types.scalar, under, where, cursor.spelling)
            doc = self._doc_beside(cursor)
            self.api.aliases.append(Alias(cursor.spelling, kind, doc, where))

    def _handle(self, cursor: Cursor) -> None:
        where = self._where(cursor)
        # A handle comes out of a macro: its comment is on the same line.
        beside = [c for c in self.comments.all if c.line == where.line]
        doc = sentence(beside[0].text) if beside else ""
        kind = cursor.spelling.removeprefix("lodge_")
        self.api.handles.append(Handle(kind, doc, where))

    def _struct(self, cursor: Cursor, record: Cursor) -> None:
        where = self._where(cursor)
        kind = record.type
        fields = [
            self._field(kind, f)
            for f in record.get_children()
            if f.kind == CursorKind.FIELD_DECL
        ]
        doc = self._doc_before(cursor) or self._doc_before(record)
        if not doc:
            self._complain(where.line, f"{cursor.spelling}: no comment")
        if kind.get_size() < 0:
            self._complain(where.line, f"{cursor.spelling}: incomplete")
        for f in fields:
            if not f.doc and f"`{f.name}`" not in doc:
                self._complain(
                    where.line, f"{cursor.spelling}.{f.name}: no comment"
                )
        self.api.structs.append(
            Struct(
                cursor.spelling,
                kind.get_size(),
                kind.get_align(),
                fields,
                doc,
                where,
            )
        )

    def _field(self, record: ClangType, cursor: Cursor) -> Field:
        kind, count = cursor.type, None
        if kind.kind == TypeKind.CONSTANTARRAY:
            count, kind = kind.element_count, kind.element_type
        allowed = types.scalar if count is None else types.element
        where = self._where(cursor)
        if cursor.is_bitfield():
            self._complain(where.line, f"{cursor.spelling}: bitfield")
        doc = self._doc_beside(cursor)
        return Field(
            cursor.spelling,
            self._type(allowed, kind, where, cursor.spelling),
            record.get_offset(cursor.spelling) // 8,
            cursor.type.get_size(),
            count,
            doc,
        )

    def _callback(self, cursor: Cursor, target: ClangType) -> None:
        where, name = self._where(cursor), cursor.spelling
        if target.get_canonical().kind != TypeKind.FUNCTIONPROTO:
            self._complain(where.line, f"{name}: typedef of a pointer")
            return
        children = cursor.get_children()
        params = self._params(
            (c for c in children if c.kind == CursorKind.PARM_DECL), name
        )
        result = self._type(
            types.result, target.get_result(), where, f"{name}: the result"
        )
        doc = self._doc_before(cursor)
        if not doc:
            self._complain(where.line, f"{name}: no comment")
        self.api.callbacks.append(Callback(name, result, params, doc, where))

    def _enum(self, cursor: Cursor) -> None:
        where, doc = self._where(cursor), self._doc_before(cursor)
        if not cursor.is_anonymous():
            self._complain(where.line, "an enum type: constants need none")
        if not doc:
            self._complain(where.line, "enum: no group title above it")
        constants = [self._constant(c) for c in cursor.get_children()]
        taken = {g.name for g in self.api.groups}
        name = group_name([c.name for c in constants], doc, taken)
        if name in taken:
            self._complain(where.line, f"enum: a second group named {name}")
        self.api.groups.append(Group(name, doc, constants, where))

    def _constant(self, item: Cursor) -> Constant:
        line = item.location.line
        doc = self._doc_beside(item)
        if not item.spelling.startswith("LODGE_"):
            self._complain(line, f"{item.spelling}: not named LODGE_...")
        if not -(2**31) <= item.enum_value < 2**31:
            self._complain(line, f"{item.spelling}: does not fit an int32_t")
        return Constant(item.spelling, item.enum_value, doc, self._where(item))

    # ---- functions -------------------------------------------------------

    def _function(self, cursor: Cursor) -> None:
        where, name = self._where(cursor), cursor.spelling
        if not name.startswith("lodge_"):
            self._complain(where.line, f"{name}: not named lodge_...")
        if cursor.type.is_function_variadic():
            self._complain(where.line, f"{name}: variadic")
        if cursor.type.kind != TypeKind.FUNCTIONPROTO:
            self._complain(where.line, f"{name}: () instead of (void)")
        params = self._params(cursor.get_arguments(), name)
        result = self._type(
            types.result, cursor.result_type, where, f"{name}: the result"
        )
        fn = Function(name, result, params, where)
        self._document(fn, cursor)
        for text in find_lengths(fn):
            self._complain(where.line, f"{name}: {text}")
        fn.cls = class_of(fn)
        self.api.functions.append(fn)

    def _document(self, fn: Function, cursor: Cursor) -> None:
        name_at = cursor.location.offset
        comment = self.comments.before(name_at, r"\s*LODGE_API\s[\w\s*]*")
        if comment is None:
            comment = self.comments.before(name_at, r"\s*[\w\s*]*")
            missing = "comment above it" if comment is None else "LODGE_API"
            self._complain(fn.where.line, f"{fn.name}: no {missing}")
        if comment is None:
            return
        document(fn, comment, self.faults)

    # ---- the header as a whole -------------------------------------------

    def _check_named(self) -> None:
        """Errors and kinds exist, operation numbers are unique."""
        known = {c.name: c.value for c in self.api.constants()}
        for handle in self.api.handles:
            handle.number = known.get(f"LODGE_KIND_{handle.kind.upper()}", 0)
            if not handle.number:
                self._complain(
                    handle.where.line,
                    f"{handle.name}: no LODGE_KIND_{handle.kind.upper()}",
                )
        ops: dict[int, Function] = {}
        for fn in self.api.functions:
            for name in fn.errors:
                if name not in known:
                    self._complain(fn.where.line, f"{fn.name}: no {name}")
            if fn.op is None:
                continue
            if other := ops.get(fn.op):
                self._complain(
                    fn.where.line,
                    f"{fn.name}: op {fn.op} belongs to {other.name}",
                )
            ops[fn.op] = fn

    def _check_mentions(self) -> None:
        """Names in comments exist; `LODGE_X_*` is any that starts so."""
        code = code_of(self.text)
        known = set(re.findall(r"\b(?:lodge|LODGE)_\w+", code))
        for comment in self.comments.all:
            for found in _MENTION.finditer(comment.text):
                name = found[1]
                exists = name in known or (
                    found[2] and any(k.startswith(name) for k in known)
                )
                if not exists:
                    line = comment.line + comment.text.count(
                        "\n", 0, found.start()
                    )
                    self._complain(line, f"a comment names {found[0]}")

    def _check_plain_view(self, path: Path) -> None:
        """LODGE_PLAIN_HANDLES gives the same API with uint64_t handles."""
        unit = parse(path, self.text, "LODGE_PLAIN_HANDLES")
        plain = {
            c.spelling: c
            for c in unit.cursor.get_children()
            if c.location.file and c.location.file.name == str(path)
        }
        for handle in self.api.handles:
            cursor = plain.get(handle.name)
            if cursor is None or types.bare(
                cursor.underlying_typedef_type
            ) != ("uint64_t"):
                self._complain(
                    handle.where.line,
                    f"{handle.name}: not uint64_t with LODGE_PLAIN_HANDLES",
                )
        for fn in self.api.functions:
            if fn.name not in plain:
                self._complain(
                    fn.where.line,
                    f"{fn.name}: missing with LODGE_PLAIN_HANDLES",
                )
