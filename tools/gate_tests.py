"""gate_tests.py - gates on what the tests mention.

Textual: a name in a test is taken as a test of it. What tests see when they
run is another gate's business (gate_seen.py).
"""

from __future__ import annotations

import re

from api_comment import code_of
from gate import Context, read_text


def functions_tested(ctx: Context) -> list[str]:
    """Every public function occurs in a test."""
    words = _words(ctx)
    return [
        f"{fn.name} ({fn.where}) occurs in no test"
        for fn in ctx.api.functions
        if fn.name not in words
    ]


def _words(ctx: Context) -> set[str]:
    texts = [code_of(read_text(p)) for p in ctx.files("tests/**/*.c")]
    return set(re.findall(r"\blodge_\w+|\bLODGE_\w+", "\n".join(texts)))
