#!/usr/bin/env python3
"""test_schema.py - `lodge inspect --json` and its schema: what the command
prints of modules of all kinds is what inspect.schema.json says, and the
schema says enough to refuse other things.
"""

from __future__ import annotations

import copy
import json
import sys
import unittest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import environment  # noqa: E402

environment.enter()

import jsonschema  # noqa: E402
from test_cli import HOSTILE, MATH, WASI, Case  # noqa: E402

SCHEMA = json.loads((ROOT / "cli" / "inspect.schema.json").read_text())
CHECKER = jsonschema.Draft202012Validator(SCHEMA)
EVERYTHING = ("--config=shared-memory=on,custom-page-sizes=on,"
              "wide-arithmetic=on,gc=on,exceptions=on")

ZOO = {
    "nothing": "(module)",
    "math": MATH,
    "wasi": WASI % "",
    "hostile names": HOSTILE,
    "all kinds of imports": """(module
        (import "m" "f" (func (param i32 i64) (result f32 f64)))
        (import "m" "m" (memory 1 16))
        (import "m" "t" (table 10 20 funcref))
        (import "m" "g" (global (mut i32)))
        (import "m" "x" (tag (param i32 f64))))""",
    "all kinds of exports": """(module
        (func (export "f")) (memory (export "m") 1)
        (table (export "t") 0 externref)
        (global (export "g") f64 (f64.const 1)) (tag (export "x")))""",
    "memories": """(module
        (memory (export "a") i64 1 2) (memory (export "b") 1 2 shared)
        (memory (export "c") 5 7 (pagesize 1))
        (memory (export "d") i64 3 9 shared) (memory 65536))""",
    "a memory beyond all bounds": "(module (memory i64 0x1000000000000))",
    "a memory of 2^63 bytes": "(module (memory i64 0x800000000000))",
    "tables": """(module
        (table (export "a") i64 1 2 funcref)
        (table (export "b") 1 exnref) (table (export "c") 0 anyref)
        (table 4294967295 funcref) (table i64 0x100000000 funcref))""",
    "garbage-collected types": """(module
        (rec (type $s (sub (struct (field (mut i8)) (field (ref null $a)))))
             (type $a (array (mut (ref $s)))))
        (func (export "f") (param (ref $s) (ref null $a) i31ref)
            (result structref arrayref eqref) unreachable)
        (global (export "g") (ref null $s) (ref.null $s))
        (global (export "h") nullref (ref.null none))
        (table (export "t") 1 (ref null $a))
        (tag (export "x") (param (ref null $s))))""",
    "vectors": """(module
        (func (export "f") (param v128 v128) (result v128) local.get 0)
        (global (export "g") v128 (v128.const i64x2 1 2)))""",
    "unicode": """(module $"näme" (import "\\u{1f600}" "\\u{202e}" (func))
        (export "" (func 0)) (export "\\00" (func 0))
        (export "\\u{fffd}\\u{10ffff}" (func 0)))""",
    "custom sections": r"""(module (@custom "" "") (@custom "x\00y" "\ff\fe")
        (@custom "x\00y" (before first) "again"))""",
    "a name section that is broken": r'(module (@custom "name" "\00\ff\ff"))',
    "a name that is no utf-8": r'(module (@custom "name" "\00\03\02\ff\fe"))',
    "tools that made it": """(module (@producers (language "C" "11")
        (processed-by "clang" "14.0.6") (processed-by "lld" "")))""",
    "features": r"""(module (@custom "target_features"
        "\02+\07simd128+\0amultivalue"))""",
    "data, elements and a start": """(module (memory 1) (table 3 funcref)
        (func $s) (start $s) (elem (i32.const 0) func $s $s)
        (elem declare func $s) (data (i32.const 0) "abc") (data "passive"))""",
    "many": "(module " + "".join(
        f'(func (export "f{i}") (param {"i32 " * (i % 5)}))'
        for i in range(500)) + ")",
}


class Schema(Case):
    def told(self, module: str | bytes, *more: str) -> Any:
        ran = self.lodge("inspect", "--json", EVERYTHING, *more,
                         self.file(module))
        self.good(ran)
        return json.loads(ran.out)

    def assert_fits(self, told: Any) -> None:
        faults = [f"{e.json_path}: {e.message}"
                  for e in CHECKER.iter_errors(told)]
        self.assertEqual(faults, [])

    def test_the_schema_is_one(self) -> None:
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_modules_of_all_kinds_fit(self) -> None:
        for name, module in ZOO.items():
            with self.subTest(name):
                self.assert_fits(self.told(module))

    def test_binary_modules_fit(self) -> None:
        binary = self.lodge("wat", self.file(MATH)).raw
        self.assert_fits(self.told(binary))

    def test_modules_from_stdin_fit(self) -> None:
        ran = self.lodge("inspect", "--json", "-", input=MATH.encode())
        self.good(ran)
        told = json.loads(ran.out)
        self.assertEqual(told["file"], "-")
        self.assert_fits(told)

    def test_the_examples_of_the_zoo_are_what_they_are_for(self) -> None:
        told = self.told(ZOO["memories"])
        self.assertEqual([e["type"] for e in told["exports"]], [
            "1 2 i64", "1 2 shared", "5 7 page=1", "3 9 i64 shared"])
        told = self.told(ZOO["unicode"])
        self.assertEqual(told["name"], "näme")
        self.assertEqual([e["name"] for e in told["exports"]],
                         ["", "\0", "\ufffd\U0010ffff"])
        told = self.told(ZOO["custom sections"])
        self.assertEqual([(s["name"], s["bytes"]) for s in told["sections"]],
                         [("x\0y", 5), ("", 0), ("x\0y", 2)])
        told = self.told(ZOO["tools that made it"])
        self.assertEqual(told["producers"],
                         ["language C 11", "processed-by clang 14.0.6",
                          "processed-by lld"])
        told = self.told(ZOO["a name that is no utf-8"])
        self.assertIsNone(told["name"])
        self.assertTrue(
            self.told(ZOO["data, elements and a start"])["needs"]["start"])

    def test_numbers_beyond_json_s_integers_are_numbers(self) -> None:
        told = self.told(ZOO["a memory beyond all bounds"])
        self.assertEqual(told["needs"]["memory_bytes"], 2.0 ** 64)
        told = self.told(ZOO["a memory of 2^63 bytes"])
        self.assertEqual(told["needs"]["memory_bytes"], 2.0 ** 63)

    def test_every_member_is_required(self) -> None:
        whole = self.told(ZOO["all kinds of imports"])
        for path in ([], ["needs"], ["imports", 0]):
            at = whole
            for step in path:
                at = at[step]
            for member in at:
                less = copy.deepcopy(whole)
                inner = less
                for step in path:
                    inner = inner[step]
                del inner[member]
                self.assertFalse(CHECKER.is_valid(less), (path, member))

    def test_no_other_member_is_accepted(self) -> None:
        whole = self.told(ZOO["all kinds of exports"])
        whole["sections"] = [{"name": "x", "bytes": 1}]
        whole["imports"] = [{"module": "m", "name": "n", "kind": "tag",
                             "type": ""}]
        self.assert_fits(whole)
        for path in ([], ["needs"], ["imports", 0], ["exports", 0],
                     ["sections", 0]):
            more = copy.deepcopy(whole)
            inner = more
            for step in path:
                inner = inner[step]
            inner["other"] = 1
            self.assertFalse(CHECKER.is_valid(more), path)

    def test_wrong_values_are_refused(self) -> None:
        whole = self.told(ZOO["all kinds of exports"])
        for path, value in (
            (["format"], 2), (["format"], "1"), (["file"], ""),
            (["name"], ""), (["name"], 1), (["imports"], None),
            (["exports", 0, "kind"], "unknown"),
            (["exports", 0, "type"], "i32"),
            (["exports", 1, "type"], "1 2 3"),
            (["exports", 1, "type"], "1 shared i64"),
            (["exports", 2, "type"], "funcref"),
            (["exports", 3, "type"], ""),
            (["exports", 3, "type"], None),
            (["producers"], [""]), (["needs", "start"], 0),
            (["needs", "functions"], 1.5), (["needs", "functions"], -1),
            (["needs", "memory_bytes"], "1"),
        ):
            other = copy.deepcopy(whole)
            inner = other
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value
            self.assertFalse(CHECKER.is_valid(other), (path, value))


if __name__ == "__main__":
    unittest.main()
