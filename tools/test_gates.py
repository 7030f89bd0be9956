"""test_gates.py - the gates that read text see what they are made to see."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import gate_seen
import gate_source
import gate_features
import gate_tables
import gate_tests
from api_comment import code_of
from gate import Context, Gate


class Tree(unittest.TestCase):
    """Gates on a small tree of files."""

    def faults(self, gate: Gate, files: dict[str, str]) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            for name, text in files.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return gate(Context(root, root / "build"))

    def includes(self, name: str, header: str) -> bool:
        """May this file include this header?"""
        tree = {
            "src/rooms.h": "",
            "src/core/text.h": "",
            "tests/support.h": "",
            name: f"#include {header}\n",
        }
        return not self.faults(gate_source.layers, tree)

    def test_rooms_include_wasmtime_and_core(self) -> None:
        for header in ("<wasmtime.h>", '"lodge_wt.h"', '"core/text.h"'):
            self.assertTrue(self.includes("src/func.c", header), header)

    def test_core_includes_neither_wasm_nor_rooms(self) -> None:
        for header in (
            "<wasm.h>",
            '"rooms.h"',
            '"../rooms.h"',
            '"lodge_wt.h"',
        ):
            self.assertFalse(self.includes("src/core/a.c", header), header)

    def test_core_includes_core_libc_and_the_header(self) -> None:
        for header in ('"text.h"', '"core/text.h"', "<time.h>", '"lodge.h"'):
            self.assertTrue(self.includes("src/core/a.c", header), header)

    def test_programs_include_the_header_only(self) -> None:
        for name in ("cli/run.c", "examples/a.c", "tests/test_func.c"):
            for header in ('"rooms.h"', '"../src/rooms.h"', '"core/text.h"'):
                self.assertFalse(self.includes(name, header), (name, header))
            self.assertFalse(self.includes(name, "<wasmtime.h>"), name)
            self.assertTrue(self.includes(name, "<lodge.h>"), name)

    def test_tests_include_their_own_headers(self) -> None:
        self.assertTrue(self.includes("tests/test_func.c", '"support.h"'))
        self.assertTrue(self.includes("tests/core/test_a.c", '"core/text.h"'))

    def test_the_benchmark_sees_raw_wasmtime(self) -> None:
        self.assertTrue(self.includes("bench/call.c", "<wasmtime.h>"))

    def test_allocation_outside_its_file(self) -> None:
        faults = self.faults(
            gate_source.allocation,
            {
                "src/core/alloc.c": "void *p = malloc(1);\n",
                "src/a.c": "/* free(p) */\nalloc_free(p);\nfree (p);\n",
                "src/b.c": 's = "malloc(1)";\n',
            },
        )
        self.assertEqual(faults, ["src/a.c:3: free outside core/alloc.c"])

    def test_a_function_of_the_crate_without_a_guard(self) -> None:
        entry = '#[no_mangle]\npub unsafe extern "C" fn {}(n: u32) {{\n{}\n}}\n'
        listed = "".join(
            entry.format(name, "    1") for name in gate_source._CANNOT_PANIC
        )
        bodies = {"a": "    guard(|| 1)", "b": "    or(0, || 1)", "c": "    1"}
        text = listed + "".join(
            entry.format(f"lodge_wt_{name}", body)
            for name, body in bodies.items()
        )
        faults = self.faults(
            gate_source.rust_guards, {"wasmtime/src/a.rs": text}
        )
        self.assertEqual(
            faults, ["wasmtime/src/a.rs: lodge_wt_c has no guard"]
        )
        faults = self.faults(gate_source.rust_guards, {"wasmtime/a.rs": ""})
        self.assertEqual(len(faults), len(gate_source._CANNOT_PANIC))

    def test_a_home_folder_in_a_file(self) -> None:
        path = "/".join(["", "home", "someone", "x"])
        faults = self.faults(gate_source.no_machine_paths, {"a.md": path})
        self.assertEqual(len(faults), 1)

    def test_a_long_readme(self) -> None:
        gate = gate_source.readme
        self.assertEqual(self.faults(gate, {"README.md": "x\n" * 150}), [])
        self.assertTrue(self.faults(gate, {"README.md": "x\n" * 151}))

    def test_words_in_comments_test_nothing(self) -> None:
        text = "/* lodge_a */\nint f(void)\n{\n    lodge_b(LODGE_E_X);\n}\n"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder).resolve() / "tests" / "test_a.c"
            path.parent.mkdir()
            path.write_text(text, encoding="utf-8")
            ctx = Context(path.parent.parent, path.parent)
            self.assertEqual(gate_tests._words(ctx), {"lodge_b", "LODGE_E_X"})

    def test_code_without_comments_keeps_its_lines(self) -> None:
        text = 'a /* b\nc */ d // e\nf "/* g */" \'"\' h'
        self.assertEqual(code_of(text), "a \n d  \nf \"\" '' h")


class Seen(unittest.TestCase):
    """The gate on what tests have seen."""

    def faults(self, noted: str, wanted: str, excepted: str = "") -> list[str]:
        sets = ({("f", s) for s in t.split()} for t in (noted, wanted, excepted))
        return gate_seen.judge(*sets)

    def test_what_is_documented_and_seen_is_well(self) -> None:
        self.assertEqual(self.faults("OK A", "OK A"), [])
        self.assertEqual(self.faults("OK", "OK A", "A"), [])

    def test_a_missing_one_is_named(self) -> None:
        self.assertIn("no test has seen A", self.faults("OK", "OK A")[0])

    def test_one_that_is_not_documented_is_named(self) -> None:
        self.assertIn("not documented", self.faults("OK A", "OK")[0])

    def test_an_exception_that_was_seen_is_none(self) -> None:
        self.assertIn("exception", self.faults("OK A", "OK A", "A")[0])

    def test_a_tree_without_a_record_is_told_how_to_make_one(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            faults = gate_seen.pairs(Context(Path(folder), Path(folder)))
        self.assertIn("tools/run-tests debug", faults[0])


class Tables(unittest.TestCase):
    """The gate on tables that lead to tests."""

    _PROGRAM = {"test_a": "static void runs(void **s)\n{}\n TEST(runs),"}

    def faults(self, *rows: str) -> list[str]:
        lines = "\n".join(f"| {row} |" for row in rows)
        return gate_tables.judge(lines, ["C1.1", "C1.2"], self._PROGRAM)

    def test_a_test_or_a_reason_is_well(self) -> None:
        rows = ("C1.1 | w | `a/runs`", "C1.2 | w | Cannot be said")
        self.assertEqual(self.faults(*rows), [])

    def test_a_missing_or_strange_row_is_named(self) -> None:
        faults = self.faults("C1.1 | w | `a/runs`", "C9 | w | `a/runs`")
        self.assertEqual(
            faults, ["row C1.2 is missing", "row C9 is not known"]
        )

    def test_a_test_that_is_not_there_is_named(self) -> None:
        faults = self.faults("C1.1 | w | `a/walks`", "C1.2 | w | hm")
        self.assertIn("no test a/walks", faults[0])
        self.assertIn("no test and no reason", faults[1])

    def test_a_test_that_has_moved_is_told(self) -> None:
        row = "| C1.1 | w | `b/runs` |"
        self.assertEqual(self.faults("C1.1 | w | `b/runs`")[1:], [])
        self.assertEqual(
            gate_tables.moved(row, self._PROGRAM),
            ["b/runs is in test_a now"],
        )

    def test_a_test_that_nobody_runs_is_none(self) -> None:
        text = {"test_a": "static void runs(void **s)\n{}\n"}
        faults = gate_tables.judge("| 1 | w | `a/runs` |", ["1"], text)
        self.assertIn("no test a/runs", faults[0])

class Features(unittest.TestCase):
    """The gate on the table of features."""

    _KNOWN = gate_features.Known({"lodge_do"}, {"a-key"}, {"test_do"})

    def faults(self, answer: str, shown: str = "`test_do`") -> list[str]:
        rows = [
            f"| {n} | f | Yes: `lodge_do` | `test_do` |"
            for n in range(1, gate_features.ROWS)
        ]
        rows.append(f"| {gate_features.ROWS} | f | {answer} | {shown} |")
        return gate_features.judge("\n".join(rows), self._KNOWN)

    def test_what_exists_is_well(self) -> None:
        self.assertEqual(self.faults("Yes: `lodge_do`, key `a-key`"), [])
        self.assertEqual(self.faults("No: for such and such a reason", ""), [])

    def test_what_does_not_exist_is_named(self) -> None:
        faults = self.faults("Yes: `lodge_undo`, `b-key`", "`test_undo`")
        self.assertIn("no program test_undo", faults[0])
        self.assertIn("no lodge_undo", faults[1])
        self.assertIn("no key b-key", faults[2])

    def test_an_answer_needs_a_test_or_a_reason(self) -> None:
        self.assertIn("no test shows", self.faults("Yes: `lodge_do`", "")[0])
        self.assertIn("no reason", self.faults("No: no", "")[0])
        self.assertIn("names nothing", self.faults("Yes: it can")[0])
        self.assertIn("not Yes", self.faults("Perhaps: `lodge_do`")[0])

    def test_rows_are_in_order(self) -> None:
        text = "| 2 | f | Yes: `lodge_do` | `test_do` |"
        faults = gate_features.judge(text, self._KNOWN)
        self.assertIn("2 stands for 1", faults[0])


if __name__ == "__main__":
    unittest.main()
