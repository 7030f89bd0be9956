#!/usr/bin/env python3
"""check_docs.py - the code and the links of README.md and docs/ are true.

    examples/check_docs.py

Each C block of docs/ stands below a comment that names its program, as in
`<!-- examples/errors.c -->`, and occurs in that program word for word; only
white space may differ, so that the formatter is free. Each relative link
leads to a file. What is wrong is printed; the exit status tells if anything
is.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# docs/config-keys.md is made from the library, so a fresh tree is without.
MADE = {"docs/config-keys.md"}

_BLOCK = re.compile(
    r"^(?:<!-- (?P<source>\S+) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)^```$",
    re.M | re.S,
)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)[^)]*\)")


def blocks(text):
    """Each fenced block as (line number, kind, source or None, text)."""
    for found in _BLOCK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield line, found["kind"], found["source"], found["text"]


def occurs(block, program):
    """Whether a block stands in a program, white space aside."""
    return "".join(block.split()) in "".join(program.split())


def block_fault(source, text):
    """What is wrong with a C block, or None."""
    if source is None:
        return "a C block without <!-- examples/NAME.c --> above it"
    path = ROOT / source
    if path.parent != ROOT / "examples" or not path.is_file():
        return f"{source} is not a program of examples/"
    if not occurs(text, path.read_text(encoding="utf-8")):
        first = text.strip().split("\n")[0].strip()
        return f"the block that begins with `{first}` is not in {source}"
    return None


def link_faults(page, text):
    for found in _LINK.finditer(text):
        target = (page.parent / found[1]).resolve()
        if target.exists() or str(target.relative_to(ROOT)) in MADE:
            continue
        line = text.count("\n", 0, found.start()) + 1
        yield line, f"the link to {found[1]} leads nowhere"


def page_faults(page):
    """Faults of one page as (line, text)."""
    text = page.read_text(encoding="utf-8")
    yield from link_faults(page, text)
    if page.name == "README.md":
        return  # its program is compiled and run by the test `install`
    for line, kind, source, block in blocks(text):
        fault = block_fault(source, block) if kind == "c" else None
        if fault:
            yield line, fault


def main():
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    count = 0
    for page in pages:
        for line, text in page_faults(page):
            print(f"{page.relative_to(ROOT)}:{line}: {text}")
            count += 1
    print(f"{len(pages)} pages, {count} faults")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
