"""test_misuse.py - what came of a mistake is read and told as it was."""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path

import misuse

_TABLE = """\
## A Settings

| row | mistake | in Lodge | shown by |
|---|---|---|---|
| A1 | One | CONFIG | `a/b` |
| A2 | Two | works | `a/c` `a/d` |
"""


class Outcomes(unittest.TestCase):
    def outcome(self, script: str) -> misuse.Outcome:
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "program"
            program.write_text(f"#!{sys.executable}\n{script}\n")
            program.chmod(0o755)
            return misuse.make(program, "A1")

    def test_a_process_that_lives_tells(self) -> None:
        found = self.outcome("print('error: no such thing')")
        self.assertEqual(found.kind, "clean")
        self.assertIn("no such thing", found.words)

    def test_a_wrong_result_stands_whatever_follows(self) -> None:
        found = self.outcome("print('wrong: lost')\nprint('done: fine')")
        self.assertEqual(found.kind, "wrong")

    def test_an_abort_tells_its_panic(self) -> None:
        found = self.outcome(
            "import os, sys\n"
            "sys.stderr.write(\"thread 'x' panicked at "
            "/reg/registry/a/wasmtime-48.0.8/src/lib.rs:1:2:\\nno good\\n\")\n"
            "sys.stderr.flush()\nos.abort()"
        )
        self.assertEqual(found.kind, "aborts")
        self.assertEqual(
            found.words, "**aborts**: “no good” (`wasmtime/src/lib.rs`)"
        )

    def test_a_signal_is_a_crash(self) -> None:
        found = self.outcome("import os\nos.kill(os.getpid(), 11)")
        self.assertEqual(found.words, "**crashes**: SIGSEGV")


class Page(unittest.TestCase):
    def test_the_page_reads_back_as_it_was_made(self) -> None:
        outcomes = {
            "A1": misuse.Outcome("aborts", "**aborts**"),
            "A2": misuse.Outcome("harmless", "fine"),
        }
        page = misuse.render(_TABLE, outcomes, "this")
        self.assertEqual(
            misuse.told(page),
            [
                ("A1", "One", "**aborts**", "CONFIG", "`a/b`"),
                ("A2", "Two", "fine", "works", "`a/c` `a/d`"),
            ],
        )
        self.assertIn("- 1 end the process", page)
        self.assertEqual(misuse.again(_TABLE, page), page)


if __name__ == "__main__":
    unittest.main()
