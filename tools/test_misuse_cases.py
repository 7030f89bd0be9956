"""test_misuse_cases.py - what is expected follows from the API data."""

from __future__ import annotations

import unittest
from typing import Any

import misuse_cases as mc

Api = dict[str, Any]
_KINDS = ["config", "store", "memory"]


def handle(kind: str, nullable: bool = False) -> Api:
    return {
        "name": kind,
        "abi": "u64",
        "handle": kind,
        "mark": "in",
        "nullable": nullable,
    }


def pointer(name: str, to: str, mark: str, **more: Any) -> Api:
    param = {"name": name, "abi": "ptr", "to": to, "mark": mark}
    return {**param, "const": mark == "in", "nullable": False, **more}


def length(name: str, of: str, abi: str = "u64") -> Api:
    return {"name": name, "abi": abi, "mark": "in", "len_of": [of]}


def expected(errors: str, *params: Api) -> dict[tuple[int, str], str]:
    """What is expected of each (word, misuse)."""
    fn = {
        "name": "f",
        "params": list(params),
        "errors": [f"LODGE_E_{name}" for name in errors.split()],
    }
    return {
        (word, misuse.removeprefix("MISUSE_")): status
        for _, word, misuse, _, status in mc.cases_of(fn, _KINDS)
    }


class Cases(unittest.TestCase):
    def test_a_bad_handle_is_refused_where_that_is_documented(self) -> None:
        found = expected("HANDLE", handle("store"))
        for misuse in ("ZERO", "ALL_ONES", "STALE", "WRONG_KIND"):
            self.assertEqual(found[1, misuse], "LODGE_E_HANDLE", misuse)
        self.assertEqual(expected("", handle("store"))[1, "STALE"], mc.GOOD)

    def test_a_nullable_handle_may_be_0_and_nothing_else(self) -> None:
        found = expected("HANDLE", handle("store", nullable=True))
        self.assertEqual(found[1, "ZERO"], mc.GOOD)
        self.assertEqual(found[1, "ALL_ONES"], "LODGE_E_HANDLE")

    def test_handles_from_elsewhere_are_foreign_beside_others(self) -> None:
        two = handle("memory"), handle("memory")
        self.assertEqual(
            expected("HANDLE FOREIGN", *two)[2, "OTHER_STORE"],
            "LODGE_E_FOREIGN",
        )
        alone = expected("HANDLE", handle("memory"), handle("config"))
        self.assertEqual(alone[1, "OTHER_STORE"], mc.GOOD)

    def test_data_that_contradicts_itself_is_refused(self) -> None:
        with self.assertRaises(mc.Misfit):
            expected("HANDLE", handle("memory"), handle("memory"))
        with self.assertRaises(mc.Misfit):
            expected("HANDLE", pointer("out", "u64", "out"))

    def test_pointers_are_refused_but_for_optional_ones(self) -> None:
        found = expected(
            "ARGUMENT",
            pointer("out", "u64", "out"),
            pointer("more", "u64", "out", nullable=True),
            pointer("err", "lodge_error", "out", nullable=True),
        )
        self.assertEqual(found[1, "NULL"], "LODGE_E_ARGUMENT")
        self.assertEqual(found[2, "NULL"], mc.GOOD)
        self.assertEqual(found[2, "UNALIGNED"], "LODGE_E_ARGUMENT")
        self.assertEqual(found[3, "UNALIGNED"], mc.GOOD)
        self.assertEqual(found[1, "OVERLAPPING"], mc.TOLD)

    def test_texts_in_are_checked_and_texts_out_told_in_full(self) -> None:
        text = pointer("ptr", "char", "in", len="len")
        found = expected("ARGUMENT", text, length("len", "ptr"))
        self.assertEqual(found[1, "NOT_UTF8"], "LODGE_E_ARGUMENT")
        self.assertEqual(found[2, "HUGE"], "LODGE_E_ARGUMENT")
        room = pointer("buf", "char", "out", len="cap")
        found = expected("ARGUMENT BUFFER", room, length("cap", "buf"))
        self.assertEqual(found[2, "TEXT_SHORT"], "LODGE_E_BUFFER")
        self.assertEqual(found[2, "HUGE"], mc.TOLD)

    def test_too_few_slots_are_told(self) -> None:
        slots = pointer("slots", "u64", "inout", len="len")
        found = expected(
            "ARGUMENT BUFFER", slots, length("len", "slots", "u32")
        )
        self.assertEqual(found[2, "SHORT"], "LODGE_E_BUFFER")
        self.assertIn((2, "HUGE_32"), found)


if __name__ == "__main__":
    unittest.main()
