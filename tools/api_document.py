"""api_document.py - a function and its comment, brought together.

Fills in what only the comment knows (marks, errors, number) and says where
the two do not fit.
"""

from __future__ import annotations

import re

from api_comment import Block, Comment, Row, parse_block, sentence
from api_model import Faults, Function, Param
from api_rules import error_faults, is_err, mark_faults

_REQUIRED = ("Errors", "Thread", "Since", "Op")
# What lodge_do says of the errors it passes on.
_ERRORS_OF_CALLEE = "and those of the function"


def document(fn: Function, comment: Comment, faults: Faults) -> None:
    """Take over everything the comment says."""
    block = parse_block(comment)
    fn.doc = block.doc
    if not fn.doc:
        faults.add(comment.line, f"{fn.name}: purpose is missing")
    _take_rows(fn, block, faults)
    _take_tags(fn, block, comment.line, faults)
    for text in error_faults(fn):
        faults.add(fn.where.line, f"{fn.name}: {text}")


def _take_rows(fn: Function, block: Block, faults: Faults) -> None:
    params = {p.name: p for p in fn.params}
    for row in block.rows:
        if row.name not in params:
            text = f"{fn.name}: row '{row.name}' names no parameter"
            faults.add(row.line, text)
            continue
        param = params[row.name]
        _take_row(fn, param, row)
        for text in mark_faults(param):
            faults.add(row.line, f"{fn.name}: {text}")
    named = [row.name for row in block.rows if row.name in params]
    for name in params:
        if name not in named:
            text = f"parameter '{name}' has no row with a mark"
            faults.add(fn.where.line, f"{fn.name}: {text}")
    if named != [name for name in params if name in named]:
        text = f"{fn.name}: rows are not in parameter order"
        faults.add(fn.where.line, text)


def _take_row(fn: Function, param: Param, row: Row) -> None:
    param.mark = row.mark
    param.doc = sentence(row.doc)
    param.nullable = (
        row.null or is_err(fn, param) or "may be NULL" in param.doc
    )


def _take_tags(fn: Function, block: Block, line: int, faults: Faults) -> None:
    tags = block.tags
    for tag in _REQUIRED:
        if not tags.get(tag):
            faults.add(line, f"{fn.name}: '{tag}:' is missing")
    fn.thread = tags.get("Thread", "")
    fn.source = tags.get("Source", "")
    fn.since = tags.get("Since", "")
    fn.errors = _errors(fn, tags.get("Errors", ""), line, faults)
    op = tags.get("Op", "")
    if op.isdecimal() and int(op) > 0:
        fn.op = int(op)
    elif op:
        faults.add(line, f"{fn.name}: Op '{op}' is not a number")
    if fn.since and not re.fullmatch(r"\d+\.\d+", fn.since):
        faults.add(line, f"{fn.name}: Since '{fn.since}' is not x.y")


def _errors(fn: Function, text: str, line: int, faults: Faults) -> list[str]:
    if text in ("", "none"):
        return []
    words = [w.strip() for w in text.split(",")]
    if fn.name == "lodge_do" and words[-1] == _ERRORS_OF_CALLEE:
        words.pop()
    for word in words:
        if not re.fullmatch(r"[A-Z][A-Z_]*", word):
            faults.add(line, f"{fn.name}: error '{word}' is not a name")
    if len(set(words)) != len(words):
        faults.add(line, f"{fn.name}: an error is named twice")
    if not fn.is_status:
        faults.add(line, f"{fn.name}: has errors but is no lodge_status")
    return [f"LODGE_E_{w}" for w in words]
