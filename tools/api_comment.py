"""api_comment.py - the comments of lodge.h: found, cleaned, taken apart.

Works on text alone and knows nothing of C declarations.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, field

SUGAR_BEGIN = "/* --- sugar: begin"
SUGAR_END = "/* --- sugar: end"
TAGS = ("Errors", "Thread", "Since", "Op", "Source")

_TOKEN = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S
)
_ROW = re.compile(
    r"^ +(?P<names>\w+(?:, \w+)*) +"
    r"\[(?P<mark>[a-z]+)(?P<null>,\s*null)?\](?P<doc>.*)$"
)
_TAG_LINE = re.compile(rf"^(?:{'|'.join(TAGS)}):")
_TAG = re.compile(rf"(?:^|\s)({'|'.join(TAGS)}):")


@dataclass
class Comment:
    start: int  # offsets into the text
    end: int
    line: int  # of its first character
    end_line: int
    text: str  # cleaned


@dataclass
class Row:
    """A parameter's line of the comment."""

    name: str
    mark: str
    null: bool
    doc: str
    line: int


@dataclass
class Block:
    """The comment of a function, in parts."""

    doc: str
    rows: list[Row] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


def without_sugar(text: str) -> str:
    """The header with the sugar block blanked, line numbers kept."""
    while (begin := text.find(SUGAR_BEGIN)) >= 0:
        end = text.find(SUGAR_END, begin)
        if end < 0:
            raise ValueError("the sugar block has no end")
        end = text.index("*/", end) + 2
        blank = "\n" * text.count("\n", begin, end)
        text = text[:begin] + blank + text[end:]
    return text


def clean(raw: str) -> str:
    """The words of a comment, its stars and margins removed."""
    body = raw[2:-2] if raw.startswith("/*") else raw[2:]
    lines = [re.sub(r"^\s*\*(?!/) ?", "", x) for x in body.split("\n")]
    lines[0] = body.split("\n")[0].removeprefix(" ")
    return "\n".join(x.rstrip() for x in lines).rstrip()


def code_of(text: str) -> str:
    """C without comments and the insides of literals, lines kept."""

    def blank(match: re.Match[str]) -> str:
        token = match.group()
        if token[0] in "\"'":
            return token[0] * 2
        return "\n" * token.count("\n") or " "

    return _TOKEN.sub(blank, text)


class Comments:
    """All comments of a text, in order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.all = [
            self._comment(m)
            for m in _TOKEN.finditer(text)
            if m.group().startswith(("/*", "//"))
        ]
        self._ends = [c.end for c in self.all]
        self._starts = [c.start for c in self.all]

    def _comment(self, match: re.Match[str]) -> Comment:
        line = self.text.count("\n", 0, match.start()) + 1
        raw = match.group()
        return Comment(
            match.start(),
            match.end(),
            line,
            line + raw.count("\n"),
            clean(raw),
        )

    def before(self, offset: int, between: str = r"\s*") -> Comment | None:
        """The comment that ends right before offset."""
        at = bisect.bisect_right(self._ends, offset) - 1
        if at < 0:
            return None
        gap = self.text[self._ends[at] : offset]
        if "\n\n" in gap or not re.fullmatch(between, gap):
            return None
        # A comment with code on its own line belongs to that code.
        line_start = self.text.rfind("\n", 0, self._starts[at]) + 1
        if self.text[line_start : self._starts[at]].strip():
            return None
        return self.all[at]

    def after(self, offset: int) -> Comment | None:
        """The comment that starts on the line of offset, after it."""
        at = bisect.bisect_left(self._starts, offset)
        if at == len(self.all):
            return None
        gap = self.text[offset : self._starts[at]]
        return self.all[at] if re.fullmatch(r"[ \t,;]*", gap) else None


def sentence(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def paragraphs(text: str) -> str:
    """A text with each paragraph on one line.

    Indented lines (lists, tables, code) stay as they are.
    """
    out: list[str] = []
    for para in re.split(r"\n\s*\n", text.strip("\n")):
        lines = para.split("\n")
        if any(re.match(r"\s|- |\| ", x) for x in lines[1:]):
            out.append("\n".join(lines))
        else:
            out.append(sentence(para))
    return "\n\n".join(x for x in out if x.strip())


def parse_block(comment: Comment) -> Block:
    """Take a function's comment apart: prose, rows, tags."""
    block = Block("")
    prose: list[str] = []
    tags: list[str] = []
    state, margin = "prose", 0
    for number, line in enumerate(comment.text.split("\n"), comment.line):
        if _TAG_LINE.match(line):
            state = "tags"
        elif row := _ROW.match(line):
            state, margin = "row", _margin(line)
            block.rows += _rows(row, number)
            continue
        elif not line or (state == "row" and _margin(line) <= margin):
            state = "prose"
        if state == "row":
            _continue_rows(block.rows, line)
        else:
            (tags if state == "tags" else prose).append(line)
    block.doc = paragraphs("\n".join(prose))
    block.tags = _tags(" ".join(tags))
    return block


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _rows(match: re.Match[str], line: int) -> list[Row]:
    return [
        Row(
            name,
            match["mark"],
            bool(match["null"]),
            match["doc"].strip(),
            line,
        )
        for name in match["names"].split(", ")
    ]


def _continue_rows(rows: list[Row], line: str) -> None:
    last = rows[-1].line
    for row in rows:
        if row.line == last:
            row.doc = f"{row.doc} {line.strip()}".strip()


def _tags(text: str) -> dict[str, str]:
    parts = _TAG.split(text)
    values = (sentence(v).removesuffix(".") for v in parts[2::2])
    return dict(zip(parts[1::2], values))
