"""test_api.py - what the generator refuses, and what it makes.

Run by `python3 -m unittest discover -s tools`.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import unittest
from pathlib import Path

from api import inspect, outputs, stale, write
from api_comment import parse_block, Comments, without_sugar
from api_model import Api, fnv1a
from api_read import read
from api_render import to_abi, to_cdef, to_do_table, to_json
from api_rules import compare

HEAD = """\
#ifndef LODGE_H
#define LODGE_H
#include <stdint.h>
#define LODGE_API __attribute__((visibility("default")))
#define LODGE_VERSION_MAJOR 0
#define LODGE_VERSION_MINOR 3
#define LODGE_VERSION_PATCH 1

/* 0 done, < 0 failed. */
typedef int32_t lodge_status;

#ifdef LODGE_PLAIN_HANDLES
#define LODGE_HANDLE(name) typedef uint64_t name
#else
#define LODGE_HANDLE(name)                                                    \\
    typedef struct name {                                                     \\
        uint64_t id;                                                          \\
    } name
#endif
LODGE_HANDLE(lodge_func); /* a function */

/* An export of a `kind`. */
typedef struct lodge_extern {
    uint32_t kind;
    uint64_t id; /* its id */
} lodge_extern;

/* Runs at once. */
typedef int32_t (*lodge_direct_fn)(uint64_t token, lodge_func func,
                                   uint64_t *slots);

/* Statuses. */
enum {
    LODGE_OK = 0,          /* done */
    LODGE_E_ARGUMENT = -1, /* bad argument,
                              of any kind */
    LODGE_E_HANDLE = -2    /* bad handle */
};

/* Kinds of handles. */
enum {
    LODGE_KIND_FUNC = 17
};
"""
CALL_COMMENT = """
/* Call a function
 * to its end.
 *
 *   fn     [in]        a function
 *   name   [in,null]   a name of
 *                      two lines
 *   name_len [in]      bytes in `name`
 *   out    [out]       what came out
 *
 * More about it.
 *
 * Errors: ARGUMENT,
 *         HANDLE.
 * Thread: any; one at a time.  Since: 0.1.  Op: 42.
 * Source: wasmtime_func_call.
 */
"""
CALL = """\
LODGE_API lodge_status lodge_call(lodge_func fn, const char *name,
                                  uint64_t name_len, lodge_extern *out);
"""
MORE = """
/* Every kind of number.
 *
 *   a  [in]       32 bits
 *   b  [in]       64 bits
 *   c  [in]       float
 *   d  [in]       double
 *   f  [in,null]  callback
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 7.
 */
LODGE_API double lodge_numbers(int32_t a, int64_t b, float c, double d,
                               lodge_direct_fn f);

/* A float.
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 8.
 */
LODGE_API float lodge_float(void);

/* A negative number.
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 9.
 */
LODGE_API int32_t lodge_negative(void);

/* Nothing comes back.
 *
 *   token  [in,null]  an id
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 10.
 */
LODGE_API void lodge_release(void *token);
"""
TAIL = """
/* --- sugar: begin (C and C++ only) --- */
static inline int lodge_done(lodge_status st) { return st == LODGE_OK; }
/* --- sugar: end --- */
#endif
"""
GOOD = HEAD + CALL_COMMENT + CALL + MORE + TAIL


def read_header(text: str) -> tuple[Api, list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "lodge.h")
        path.write_text(text, encoding="utf-8")
        api, faults = read(path, "lodge.h")
        return api, [str(c) for c in faults]


class Refusals(unittest.TestCase):
    """Each fault of a header is named, with its line."""

    def refused(self, reason: str, old: str, new: str) -> None:
        self.assertIn(old, GOOD)
        faults = read_header(GOOD.replace(old, new, 1))[1]
        self.assertTrue(
            any(reason in f and f.startswith("lodge.h:") for f in faults),
            f"{reason!r} not in {faults}",
        )

    def test_a_good_header_has_no_fault(self) -> None:
        self.assertEqual(read_header(GOOD)[1], [])

    def test_a_missing_comment(self) -> None:
        self.refused("lodge_call: no comment", CALL_COMMENT, "\n")

    def test_a_comment_apart_from_its_function(self) -> None:
        self.refused("lodge_call: no comment", CALL, f"\n{CALL}")

    def test_a_missing_api_macro(self) -> None:
        old = "LODGE_API lodge_status lodge_call"
        self.refused("no LODGE_API", old, "lodge_status lodge_call")

    def test_a_parameter_without_a_row(self) -> None:
        row = " *   fn     [in]        a function\n"
        self.refused("parameter 'fn' has no row", row, "")

    def test_a_row_without_a_mark(self) -> None:
        self.refused("parameter 'fn' has no row", "fn     [in] ", "fn    ")

    def test_an_unknown_mark(self) -> None:
        self.refused("mark [inn] is unknown", "fn     [in] ", "fn    [inn] ")

    def test_a_row_of_no_parameter(self) -> None:
        row = " *   out    [out]       what came out\n"
        self.refused("names no parameter", row, f"{row} *   x  [in]  x\n")

    def test_rows_in_another_order(self) -> None:
        rows = " *   a  [in]       32 bits\n", " *   b  [in]       64 bits\n"
        self.refused(
            "not in parameter order", "".join(rows), rows[1] + rows[0]
        )

    def test_an_in_pointer_that_is_not_const(self) -> None:
        self.refused("is not const", "out    [out]", "out    [in] ")

    def test_an_out_mark_on_a_number(self) -> None:
        self.refused("cannot be written", "name_len [in] ", "name_len [out] ")

    def test_missing_tags(self) -> None:
        for tag, text in (
            ("Errors", " * Errors: ARGUMENT,\n *         HANDLE.\n"),
            ("Thread", "Thread: any; one at a time."),
            ("Since", "Since: 0.1."),
            ("Op", "Op: 42."),
        ):
            with self.subTest(tag):
                new = " * Note.\n" if text.startswith(" ") else "Source: x."
                self.refused(f"'{tag}:' is missing", text, new)

    def test_an_error_without_a_status(self) -> None:
        self.refused(
            "no LODGE_E_NOTHING", "ARGUMENT,\n", "ARGUMENT, NOTHING,\n"
        )

    def test_errors_of_a_function_without_a_status(self) -> None:
        self.refused("is no lodge_status", "Errors: none", "Errors: HANDLE")

    def test_a_handle_without_the_error(self) -> None:
        self.refused("no HANDLE", "ARGUMENT,\n *         HANDLE", "ARGUMENT")

    def test_an_operation_number_twice(self) -> None:
        self.refused("op 42 belongs to lodge_call", "Op: 7.", "Op: 42.")

    def test_banned_types(self) -> None:
        for banned in (
            "int",
            "unsigned long",
            "uint8_t",
            "lodge_extern",
            "const char **",
            "int (*)(void)",
            "struct other *",
        ):
            with self.subTest(banned):
                new = f"lodge_numbers({banned.replace('(*)', '(*a)')}"
                new += "" if "(*)" in banned else " a"
                self.refused("is banned", "lodge_numbers(int32_t a", new)

    def test_a_handle_as_a_result(self) -> None:
        self.refused(
            "is banned", "float lodge_float", "lodge_func lodge_float"
        )

    def test_a_pointer_as_a_result(self) -> None:
        self.refused(
            "is banned", "float lodge_float", "const char *lodge_float"
        )

    def test_bytes_without_a_length(self) -> None:
        self.refused("has no length", "uint64_t name_len,", "uint64_t size,")

    def test_a_variadic_function(self) -> None:
        self.refused("variadic", "void *token);", "void *token, ...);")

    def test_a_constant_beyond_32_bits(self) -> None:
        self.refused("does not fit", "FUNC = 17", "FUNC = 0x80000000")

    def test_a_handle_that_stays_a_struct(self) -> None:
        old = "#define LODGE_HANDLE(name) typedef uint64_t name"
        new = "#define LODGE_HANDLE(name) typedef struct name {int x;} name"
        self.refused("LODGE_PLAIN_HANDLES", old, new)

    def test_a_name_that_is_nowhere(self) -> None:
        self.refused("names LODGE_E_NONE", "what came out", "or LODGE_E_NONE")
        self.refused("names LODGE_X_*", "what came out", "LODGE_X_*")

    def test_text_that_is_no_c(self) -> None:
        self.refused("lodge.h:", "float lodge_float(void);", "float (;")


class Releases(unittest.TestCase):
    """What a header may change against the one before."""

    def setUp(self) -> None:
        self.old = json.loads(to_json(read_header(GOOD)[0]))

    def compared(self, old: str, new: str) -> tuple[list[str], list[str]]:
        api, _ = read_header(GOOD.replace(old, new, 1))
        faults, warnings = compare(api, self.old, "lodge.h")
        return [str(f) for f in faults], [str(w) for w in warnings]

    def test_the_same_header_is_fine(self) -> None:
        self.assertEqual(self.compared("", ""), ([], []))

    def test_a_number_stays(self) -> None:
        faults, _ = self.compared("Op: 42.", "Op: 43.")
        self.assertIn("op was 42, now 43", faults[0])

    def test_a_function_stays(self) -> None:
        faults, _ = self.compared(CALL_COMMENT + CALL, "")
        self.assertIn("lodge_call: op 42 is gone", faults[0])

    def test_a_number_is_not_given_again(self) -> None:
        faults, _ = self.compared("lodge_float", "lodge_other")
        self.assertIn("lodge_float: op 8 is gone", faults[0])

    def test_a_signature_may_change_before_1_0(self) -> None:
        faults, warnings = self.compared("numbers(int32_t", "numbers(uint32_t")
        self.assertEqual(faults, [])
        self.assertIn("signature was", warnings[0])

    def test_a_signature_stays_after_1_0(self) -> None:
        text = GOOD.replace("MAJOR 0", "MAJOR 1")
        text = text.replace("numbers(int32_t", "numbers(uint32_t")
        faults, _ = compare(read_header(text)[0], self.old, "lodge.h")
        self.assertIn("signature was", str(faults[0]))


class Commits(unittest.TestCase):
    """The generator compares with what was committed."""

    def git(self, root: Path, *args: str) -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(
            ["git", *who, "-C", str(root), *args],
            check=True,
            capture_output=True,
        )

    def test_a_committed_number_stays(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            header = root / "include" / "lodge.h"
            header.parent.mkdir()
            header.write_text(GOOD, encoding="utf-8")
            made, faults, _ = inspect(root)
            self.assertEqual(faults, [])
            write(root, outputs(made))
            self.assertEqual(stale(root, outputs(made)), [])
            self.git(root, "init", "-q")
            self.git(root, "add", "-A")
            self.git(root, "commit", "-q", "-m", "api: first")
            changed = GOOD.replace("Op: 42.", "Op: 43.")
            header.write_text(changed, encoding="utf-8")
            made, faults, _ = inspect(root)
            write(root, outputs(made))  # must not hide the change
            self.assertEqual(inspect(root)[1], faults)
            self.assertIn("op was 42, now 43", faults[0])


class Results(unittest.TestCase):
    """What is made of a good header."""

    def setUp(self) -> None:
        self.api, _ = read_header(GOOD)
        self.json = json.loads(to_json(self.api))
        self.call = self.json["functions"][0]

    def test_functions_without_sugar(self) -> None:
        names = [f["name"] for f in self.json["functions"]]
        self.assertIn("lodge_call", names)
        self.assertNotIn("lodge_done", names)

    def test_a_function(self) -> None:
        self.assertEqual(self.call["op"], 42)
        self.assertEqual(self.call["since"], "0.1")
        self.assertEqual(
            self.call["doc"], "Call a function to its end.\n\nMore about it."
        )
        self.assertEqual(
            self.call["errors"], ["LODGE_E_ARGUMENT", "LODGE_E_HANDLE"]
        )
        self.assertEqual(self.call["thread"], "any; one at a time")
        self.assertEqual(self.call["class"], "blocking")

    def test_parameters(self) -> None:
        fn, name, length, out = self.call["params"]
        self.assertEqual((fn["handle"], fn["abi"]), ("func", "u64"))
        self.assertEqual(name["doc"], "a name of two lines")
        self.assertEqual((name["len"], name["nullable"]), ("name_len", True))
        self.assertEqual(length["len_of"], ["name"])
        self.assertEqual((out["to"], out["mark"]), ("lodge_extern", "out"))

    def test_a_struct(self) -> None:
        struct = self.json["types"]["structs"][0]
        self.assertEqual((struct["size"], struct["align"]), (16, 8))
        self.assertEqual([f["offset"] for f in struct["fields"]], [0, 8])

    def test_a_comment_of_two_lines(self) -> None:
        docs = [s["doc"] for s in self.json["statuses"]]
        self.assertIn("bad argument, of any kind", docs)

    def test_the_hash_sees_names_and_not_words(self) -> None:
        same = read_header(GOOD.replace("a function\n", "any\n"))[0]
        other = read_header(GOOD.replace("lodge_float", "lodge_real"))[0]
        self.assertEqual(same.abi_hash(), self.api.abi_hash())
        self.assertNotEqual(other.abi_hash(), self.api.abi_hash())

    def test_the_hash_is_fnv1a(self) -> None:
        self.assertEqual(fnv1a(b""), 0xCBF29CE484222325)
        self.assertEqual(fnv1a(b"a"), 0xAF63DC4C8601EC8C)

    def test_the_cdef_is_plain(self) -> None:
        text = to_cdef(self.api)
        self.assertIn("typedef uint64_t lodge_func;\n", text)
        self.assertNotRegex(text, r"#|/\*|__|sugar")
        self.assertTrue(text.endswith(";\n"))

    def test_the_sugar_needs_an_end(self) -> None:
        with self.assertRaises(ValueError):
            without_sugar("/* --- sugar: begin --- */ int x;")

    def test_several_rows_in_one(self) -> None:
        text = "/* X.\n *\n *   a, b  [out]  both\n */"
        block = parse_block(Comments(text).all[0])
        self.assertEqual([r.name for r in block.rows], ["a", "b"])


DO_PROGRAM = """\
#include "lodge.h"
#include "abi.h"
#include <assert.h>
#include <string.h>

lodge_status lodge_call(lodge_func fn, const char *name, uint64_t name_len,
                        lodge_extern *out)
{
    out->kind = (uint32_t)name[name_len - 1];
    out->id = fn.id;
    return LODGE_E_HANDLE;
}

static int32_t direct(uint64_t token, lodge_func func, uint64_t *slots)
{
    return (int32_t)(token + func.id + slots[0]);
}

double lodge_numbers(int32_t a, int64_t b, float c, double d,
                     lodge_direct_fn f)
{
    uint64_t slot = 3;
    lodge_func func = { 2 };

    return a + (double)b + (double)c + d + f(1, func, &slot);
}

float lodge_float(void) { return 1.5f; }
int32_t lodge_negative(void) { return -5; }
void lodge_release(void *token) { *(int *)token = 1; }
int32_t test_do(uint64_t *frame);
int32_t test_do(uint64_t *frame)
{
    switch (frame[0]) {
#include "do_table.h"
    default:
        return LODGE_E_ARGUMENT;
    }
}

int main(void)
{
    static const char name[] = "abc";
    lodge_extern out;
    double d = 0.25, sum;
    float f = 0.5f;
    uint32_t f_bits;
    int freed = 0;
    uint64_t frame[8] = { 42, 9, (uintptr_t)name, 3, (uintptr_t)&out };

    assert(test_do(frame) == LODGE_E_HANDLE);
    assert(frame[0] == (uint64_t)(int64_t)LODGE_E_HANDLE);
    assert(out.kind == 'c' && out.id == 9);

    frame[0] = 7;
    frame[1] = (uint64_t)(int64_t)-1;
    frame[2] = (uint64_t)(int64_t)-10;
    memcpy(&f_bits, &f, 4);
    frame[3] = f_bits;
    memcpy(&frame[4], &d, 8);
    frame[5] = (uintptr_t)direct;
    assert(test_do(frame) == LODGE_OK);
    memcpy(&sum, frame, 8);
    assert(sum > -4.26 && sum < -4.24);

    frame[0] = 8;
    assert(test_do(frame) == LODGE_OK && frame[0] == 0x3fc00000);
    frame[0] = 9;
    assert(test_do(frame) == LODGE_OK && (int64_t)frame[0] == -5);
    frame[0] = 10;
    frame[1] = (uintptr_t)&freed;
    assert(test_do(frame) == LODGE_OK && frame[0] == 0 && freed == 1);
    frame[0] = 1;
    assert(test_do(frame) == LODGE_E_ARGUMENT);
    return LODGE_ABI_HASH == 0;
}
"""


class Dispatch(unittest.TestCase):
    """The generated cases compile cleanly and pass arguments unharmed."""

    def test_arguments_and_results(self) -> None:
        api, _ = read_header(GOOD)
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (
                ("lodge.h", GOOD),
                ("do_table.h", to_do_table(api)),
                ("abi.h", to_abi(api)),
                ("main.c", DO_PROGRAM),
            ):
                Path(folder, name).write_text(text, encoding="utf-8")
            options = "-std=c11 -Wall -Wextra -Wshadow -Wconversion -Werror"
            program = str(Path(folder, "main"))
            subprocess.run(
                ["cc", *options.split(), "-o", program, f"{program}.c"],
                check=True,
            )
            subprocess.run([program], check=True)


if __name__ == "__main__":
    unittest.main()
