#!/usr/bin/env python3
"""test_cli.py - what the `lodge` command promises.

LODGE names the command; without it build/release/lodge is tested. Every run
checks that the library held nothing when the command ended.
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LODGE = os.environ.get("LODGE") or str(ROOT / "build" / "release" / "lodge")
PAGES = ROOT / "cli"
COMMANDS = ["run", "compile", "inspect", "validate", "wat", "config", "version", "help"]
PATIENCE = 120  # seconds; a run under sanitizers is slow
SECRET = "LODGE_TEST_VARIABLE"
UNDER_TSAN = "LODGE_TEST_TSAN" in os.environ

# ---- guests ----------------------------------------------------------------

MATH = r"""
(module $math
  (memory (export "memory") 1 100)
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "div") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "v128") (param v128) (result v128) (local.get 0))
  (func (export "many") (param i32 v128 f64) (result f64 v128 i32)
    (local.get 2) (local.get 1) (local.get 0))
  (func (export "takes_ref") (param funcref))
  (func $it (export "gives_ref") (result funcref funcref)
    (ref.func $it) (ref.null func))
  (func (export "loop") (loop (br 0)))
  (func $deep (export "deep") (call $deep))
  (func (export "grow") (param i32) (result i32)
    (memory.grow (local.get 0)))
  (func (export "must_grow")
    (if (i32.eq (memory.grow (i32.const 50)) (i32.const -1))
      (then (unreachable))))
  (func (export "two words") (result i32) (i32.const 22)))
"""

WASI = r"""
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get"
    (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get"
    (func $env_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get"
    (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name"
    (func $dir_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 200) "file")
  (func $write (param $fd i32) (param $ptr i32) (param $len i32)
    (result i32)
    (i32.store (i32.const 0) (local.get $ptr))
    (i32.store (i32.const 4) (local.get $len))
    (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1)
      (i32.const 8)))
  %s)
"""

# Each ends with what WASI answered as its exit code.
HELLO = WASI % r"""
  (data (i32.const 100) "hello\n")
  (func (export "_start")
    (call $exit (call $write (i32.const 1) (i32.const 100) (i32.const 6))))
"""
TO_STDERR = HELLO.replace("(call $write (i32.const 1)",
                          "(call $write (i32.const 2)")
EXIT_7 = WASI % '(func (export "_start") (call $exit (i32.const 7)))'
EXIT_300 = WASI % '(func (export "_start") (call $exit (i32.const 300)))'
ARGS = WASI % r"""
  (func (export "_start")
    (drop (call $args_sizes (i32.const 16) (i32.const 20)))
    (drop (call $args (i32.const 1024) (i32.const 4096)))
    (call $exit (call $write (i32.const 1) (i32.const 4096)
      (i32.load (i32.const 20)))))
"""
ENV = ARGS.replace("call $args", "call $env")
CAT = WASI % r"""
  (func (export "_start")
    (loop $more
      (i32.store (i32.const 0) (i32.const 1024))
      (i32.store (i32.const 4) (i32.const 8192))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1)
        (i32.const 12)))
      (drop (call $write (i32.const 1) (i32.const 1024)
        (i32.load (i32.const 12))))
      (br_if $more (i32.load (i32.const 12)))))
"""
# Opens "file" in the first directory: %d are the open flags, %d the rights.
OPEN = WASI % r"""
  (func (export "_start")
    (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 200)
      (i32.const 4) (i32.const %d) (i64.const %d) (i64.const 0)
      (i32.const 0) (i32.const 24))))
"""
MAKE_FILE = OPEN % (1, 64)  # create, fd_write
READ_FILE = OPEN % (0, 2)  # fd_read
DIR_NAME = WASI % r"""
  (func (export "_start")
    (drop (call $dir_name (i32.const 3) (i32.const 1024) (i32.const 4)))
    (call $exit (call $write (i32.const 1) (i32.const 1024)
      (i32.const 4))))
"""
REACTOR = """
(module
  (global $g (mut i32) (i32.const 1))
  (func (export "_initialize") (global.set $g (i32.const 42)))
  (func (export "get") (result i32) (global.get $g)))
"""
HOSTILE = (
    r'(module (import "e\1b[31mnv" "lo\nog" (func (param i32)))'
    r' (import "env" "\e2\80\aeright" (memory 1))'
    r' (func (export "") (result i32) (i32.const 1))'
    r' (func (export "a\22b\5c\00c") (result i32) (i32.const 1))'
    r' (global (export "gl\c3\bcck") (mut i64) (i64.const 1))'
    r' (@custom "cus\07tom" "12345"))'
)


class Ran:
    """What came of one run of the command."""

    def __init__(self, code: int, out: bytes, err: str) -> None:
        self.code, self.raw, self.err = code, out, err
        self.out = out.decode("utf-8", "replace")

    @property
    def first(self) -> str:
        """The line that says what is wrong."""
        return self.err.split("\n", 1)[0]


class Case(unittest.TestCase):
    """A test with a folder of its own, and the command."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)

    def file(self, content: str | bytes, name: str = "guest.wat") -> str:
        path = self.dir / name
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content)
        return str(path)

    def environment(self, **extra: str) -> dict[str, str]:
        env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        env.update(LODGE_CLI_LEAKCHECK="1", TERM="xterm",
                   XDG_CACHE_HOME=str(self.dir / "cache"),
                   XDG_CONFIG_HOME=str(self.dir / "settings"))
        env.update(extra)
        return env

    def lodge(self, *args: Any, env: dict[str, str] | None = None,
              nothing_left: bool = True, **how: Any) -> Ran:
        """Run the command; without `input` its stdin is empty."""
        if "input" not in how and "stdin" not in how:
            how["stdin"] = subprocess.DEVNULL
        how.setdefault("stdout", subprocess.PIPE)
        ran = subprocess.run(
            [LODGE, *map(str, args)], stderr=subprocess.PIPE, cwd=self.dir,
            env=self.environment(**(env or {})), timeout=PATIENCE, **how)
        err = ran.stderr.decode("utf-8", "replace")
        err, leaks = self.split_leaks(err)
        if nothing_left:
            self.assertEqual(leaks, ["0 handles, 0 bytes"], err)
        return Ran(ran.returncode, ran.stdout or b"", err)

    @staticmethod
    def split_leaks(err: str) -> tuple[str, list[str]]:
        leaks = re.findall(r"^leakcheck: (.*)$", err, re.M)
        return re.sub(r"^leakcheck: .*\n", "", err, flags=re.M), leaks

    def on_terminal(self, *args: Any, **env: str) -> tuple[int, str]:
        """Run with stdout and stderr on a terminal."""
        try:
            main, side = pty.openpty()
        except OSError as error:
            self.skipTest(f"no terminal can be made: {error}")
        process = subprocess.Popen(
            [LODGE, *map(str, args)], stdin=subprocess.DEVNULL, stdout=side,
            stderr=side, cwd=self.dir, env=self.environment(**env))
        os.close(side)
        shown = b""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if not select.select([main], [], [], 1)[0]:
                continue
            try:
                piece = os.read(main, 65536)
            except OSError:
                break  # the last writer is gone
            if not piece:
                break
            shown += piece
        os.close(main)
        return process.wait(PATIENCE), shown.decode("utf-8", "replace")

    def invoke(self, name: str, *args: Any, options: tuple[str, ...] = (),
               guest: str = MATH) -> Ran:
        return self.lodge("run", *options, "--invoke", name,
                          self.file(guest), *args)

    def good(self, ran: Ran, out: str | None = None) -> None:
        self.assertEqual((ran.code, ran.err), (0, ""))
        if out is not None:
            self.assertEqual(ran.out, out)

    def bad(self, ran: Ran, code: int, *words: str, hint: str = "") -> None:
        """A failure: its code, one clear line, perhaps a hint."""
        self.assertEqual(ran.code, code, ran.err)
        self.assertTrue(ran.first.startswith("lodge: "), ran.err)
        self.assertNotRegex(ran.err, r"[\x00-\x09\x0b-\x1f\x7f]")
        for word in words:
            self.assertIn(word, ran.err)
        if hint:
            self.assertRegex(ran.err, f"(?m)^hint: .*{re.escape(hint)}")


class Help(Case):
    def test_no_command_is_wrong_usage(self) -> None:
        ran = self.lodge()
        self.assertEqual((ran.code, ran.out), (2, ""))
        self.assertIn("usage: lodge", ran.err)

    def test_help_lists_every_command(self) -> None:
        for args in (["help"], ["--help"], ["-h"]):
            ran = self.lodge(*args)
            self.good(ran)
            for name in COMMANDS:
                self.assertRegex(ran.out, rf"(?m)^  {name} ")
            for code in ("124", "134", "137"):
                self.assertIn(code, ran.out)

    def test_every_command_explains_itself_both_ways(self) -> None:
        for name in COMMANDS:
            ran = self.lodge("help", name)
            self.good(ran, self.lodge(name, "--help").out)
            self.good(ran, self.lodge(name, "-h").out)
            self.assertTrue(ran.out.startswith(f"usage: lodge {name}"))

    def test_help_fits_a_terminal(self) -> None:
        for name in COMMANDS:
            for line in self.lodge("help", name).out.split("\n"):
                self.assertLessEqual(len(line), 80)

    def test_help_of_an_unknown_command_names_the_nearest(self) -> None:
        self.bad(self.lodge("help", "inspekt"), 2, "inspekt", hint="inspect")

    def test_an_unknown_command_names_the_nearest(self) -> None:
        self.bad(self.lodge("vaildate"), 2, "vaildate", hint="validate")

    def test_a_far_command_gets_the_list_as_a_hint(self) -> None:
        self.bad(self.lodge("xyzzyxyzzy"), 2, hint="lodge help")

    def test_a_file_as_command_is_told_about_run(self) -> None:
        self.bad(self.lodge("guest.wasm"), 2, hint="lodge run guest.wasm")

    def test_version_shows_both_versions(self) -> None:
        for args in (["version"], ["--version"], ["-V"]):
            ran = self.lodge(*args)
            self.good(ran)
            self.assertRegex(ran.out, r"\Alodge \d+\.\d+\.\d+\n"
                                      r"wasmtime \d+\.\d+\.\d+\n"
                                      r"abi \d+\.\d+ [0-9a-f]{16}\n"
                                      r"features .*wasi.*\n\Z")

    def test_every_option_of_the_help_is_in_the_man_page(self) -> None:
        for name in COMMANDS:
            page = (PAGES / f"lodge-{name}.1").read_text().replace("\\-", "-")
            shown = self.lodge("help", name).out
            found = re.findall(r"(?m)^  (?:(-\w), | {4})--([\w-]+)", shown)
            self.assertTrue(found, name)
            for letter, option in found:
                self.assertIn(f"--{option}", page, name)
                self.assertIn(letter, page, name)

    def test_no_man_page_has_an_option_that_is_gone(self) -> None:
        for name in COMMANDS:
            page = (PAGES / f"lodge-{name}.1").read_text().replace("\\-", "-")
            options = page.split(".SH OPTIONS")[1].split(".SH")[0]
            shown = self.lodge("help", name).out
            for option in re.findall(r"(?m)^\.B\w* .*?(--[\w-]+)", options):
                self.assertIn(option, shown, name)

    def test_the_main_page_names_every_command_and_code(self) -> None:
        page = (PAGES / "lodge.1").read_text().replace("\\-", "-")
        for name in COMMANDS:
            self.assertIn(f"lodge-{name}", page)
        for code in ("0", "1", "2", "124", "134", "137"):
            self.assertRegex(page, rf"(?m)^\.B {code}$")


class Usage(Case):
    def test_an_unknown_option_names_the_nearest(self) -> None:
        self.bad(self.lodge("run", "--feul", "1", "x"), 2, "--feul",
                 hint="--fuel")

    def test_an_unknown_option_near_nothing_points_to_the_help(self) -> None:
        self.bad(self.lodge("run", "--zzzzzzzz", "x"), 2,
                 hint="lodge help run")

    def test_an_unknown_letter_is_refused(self) -> None:
        self.bad(self.lodge("run", "-z", "x"), 2, "-z")

    def test_an_option_without_its_value_is_refused(self) -> None:
        self.bad(self.lodge("run", "--fuel"), 2, "--fuel needs a value")

    def test_a_switch_takes_no_value(self) -> None:
        self.bad(self.lodge("inspect", "--json=yes", "x"), 2,
                 "--json takes no value")

    def test_a_missing_file_operand_shows_the_usage(self) -> None:
        for name in ("run", "inspect", "validate", "wat"):
            self.bad(self.lodge(name), 2, "FILE is missing",
                     hint=f"usage: lodge {name}")

    def test_too_many_operands_are_refused(self) -> None:
        self.bad(self.lodge("inspect", "a", "b"), 2, "b is one too many")
        self.bad(self.lodge("version", "b"), 2, "b is one too many")

    def test_values_of_run_are_checked(self) -> None:
        for option, value in (
            ("--fuel", "-1"), ("--fuel", "1x"), ("--fuel", ""),
            ("--fuel", "99999999999999999999"),
            ("--timeout", "5"), ("--timeout", "0s"), ("--timeout", "1.s"),
            ("--timeout", "s"), ("--timeout", "1d"), ("--timeout", "-1s"),
            ("--timeout", "9999999999999h"),
            ("--memory", "64Q"), ("--memory", "M"), ("--memory", "1MB"),
            ("--memory", "99999999999T"),
            ("--dir", ""), ("--dir", "::x"), ("--dir", "x::"),
            ("--dir", ":ro"), ("--dir", "x:::ro"),
            ("--env", ""), ("--env", "=x"), ("--stdin", ""),
            ("--preset", "fast"),
        ):
            with self.subTest(option=option, value=value):
                ran = self.lodge("run", f"{option}={value}", "x")
                self.bad(ran, 2, option)

    def test_a_value_may_be_a_word_of_its_own(self) -> None:
        guest = self.file(MATH)
        self.good(self.lodge("run", "--invoke=add", guest, 1, 2), "3\n")
        self.good(self.lodge("run", "--invoke", "add", guest, 1, 2), "3\n")

    def test_options_may_follow_the_file_where_no_guest_runs(self) -> None:
        ran = self.lodge("inspect", self.file(MATH), "--json")
        self.good(ran)
        json.loads(ran.out)

    def test_a_double_dash_ends_the_options(self) -> None:
        self.file(MATH, "--json")
        ran = self.lodge("validate", "--", "--json")
        self.good(ran, "--json: ok\n")

    def test_hostile_words_cannot_reach_the_terminal(self) -> None:
        self.bad(self.lodge("\x1b[2J"), 2, "\\u{1b}[2J")
        self.bad(self.lodge("run", "\x1b[2Jx.wasm"), 1, "\\u{1b}[2Jx.wasm")


class Files(Case):
    def test_a_missing_file_is_named(self) -> None:
        for name in ("run", "inspect", "validate", "wat"):
            self.bad(self.lodge(name, "nope"), 1, "nope: No such file")

    def test_a_directory_is_not_a_module(self) -> None:
        for name in ("run", "inspect", "validate"):
            self.bad(self.lodge(name, self.dir), 1, "Is a directory")

    def test_an_empty_file_is_told(self) -> None:
        for name in ("run", "inspect", "validate", "wat"):
            self.bad(self.lodge(name, self.file(b"")), 1, "is empty")

    def test_other_files_are_not_modules(self) -> None:
        self.bad(self.lodge("run", self.file(b"\x7fELF\2\1")), 1,
                 "not a WebAssembly module", hint="native program")
        self.bad(self.lodge("run", self.file("#!/bin/sh\n")), 1,
                 hint="script")
        self.bad(self.lodge("run", self.file("hello")), 1,
                 hint="00 61 73 6d")

    def test_a_component_is_told_apart(self) -> None:
        self.bad(self.lodge("run", self.file(b"\0asm\x0d\0\1\0")), 1,
                 "component", hint="wasm32-wasip1")

    def test_an_unreadable_file_is_told(self) -> None:
        if os.geteuid() == 0:
            self.skipTest("root reads everything")
        path = self.file(MATH)
        os.chmod(path, 0)
        self.bad(self.lodge("run", path), 1, "Permission denied")

    def test_every_truncation_is_refused(self) -> None:
        whole = self.lodge("wat", self.file(MATH)).raw
        for cut in range(1, len(whole), 17):
            for name in ("run", "inspect", "validate"):
                ran = self.lodge(name, self.file(whole[:cut], "cut.wasm"))
                with self.subTest(cut=cut, name=name):
                    # 8 bytes are an empty module; custom sections at the
                    # end may be left out.
                    if name == "run" or ran.code:
                        self.bad(ran, 1, "cut.wasm")

    def test_broken_text_shows_the_place(self) -> None:
        for name in ("run", "inspect", "validate", "wat"):
            self.bad(self.lodge(name, self.file("(module\n  (fun))")), 1,
                     ":2:4", "(fun))")

    def test_an_invalid_module_is_refused(self) -> None:
        guest = self.file("(module (func (result i32)))")
        for name in ("run", "inspect", "validate"):
            self.bad(self.lodge(name, guest), 1, "type mismatch")

    def test_a_module_over_a_limit_names_the_keys(self) -> None:
        guest = self.file(MATH)
        self.bad(self.lodge("run", "--config", "max-functions=2", guest), 1,
                 hint="configuration keys")
        self.bad(self.lodge("run", "--config", "max-module-bytes=8", guest),
                 1, "8 bytes")

    def test_an_endless_file_ends(self) -> None:
        self.bad(self.lodge("run", "--config", "max-module-bytes=1M",
                            "/dev/zero"), 1, "longer than")

    def test_a_module_can_come_from_stdin(self) -> None:
        self.good(self.lodge("run", "-", input=HELLO.encode()), "hello\n")
        self.good(self.lodge("validate", "-", input=MATH.encode()),
                  "stdin: ok\n")
        ran = self.lodge("inspect", "-", input=MATH.encode())
        self.assertTrue(ran.out.startswith("stdin: module math"))

    def test_a_failure_of_stdin_names_it(self) -> None:
        self.bad(self.lodge("run", "-", input=b"hello"), 1, "stdin:")

    def test_a_closed_stdin_is_told(self) -> None:
        ran = self.lodge("run", "-", preexec_fn=lambda: os.close(0))
        self.bad(ran, 1, "stdin: Bad file descriptor")


class Run(Case):
    def test_a_command_writes_and_ends(self) -> None:
        self.good(self.lodge("run", self.file(HELLO)), "hello\n")

    def test_stderr_is_inherited(self) -> None:
        ran = self.lodge("run", self.file(TO_STDERR))
        self.assertEqual((ran.code, ran.out, ran.err), (0, "", "hello\n"))

    def test_the_guests_exit_code_is_the_commands(self) -> None:
        ran = self.lodge("run", self.file(EXIT_7))
        self.assertEqual((ran.code, ran.err), (7, ""))

    def test_a_large_exit_code_is_not_taken_for_success(self) -> None:
        for code in (300, 256, -1):
            guest = self.file(EXIT_300.replace("300", str(code)))
            self.assertEqual(self.lodge("run", guest).code, 255)

    def test_arguments_reach_the_guest(self) -> None:
        ran = self.lodge("run", self.file(ARGS), "a", "", "ü", "-v", "--help")
        self.good(ran, "guest.wat\0a\0\0ü\0-v\0--help\0")

    def test_one_double_dash_after_the_file_is_ours(self) -> None:
        guest = self.file(ARGS)
        self.good(self.lodge("run", guest, "--", "a"), "guest.wat\0a\0")
        self.good(self.lodge("run", guest, "--", "--"), "guest.wat\0--\0")
        self.good(self.lodge("run", "--", guest, "--", "x"),
                  "guest.wat\0x\0")

    def test_stdin_is_inherited(self) -> None:
        data = os.urandom(200_000)
        ran = self.lodge("run", self.file(CAT), input=data)
        self.assertEqual((ran.code, ran.raw), (0, data))

    def test_stdin_can_be_a_file(self) -> None:
        self.file("from a file", "in.txt")
        guest = self.file(CAT)
        self.good(self.lodge("run", "--stdin", "in.txt", guest,
                             input=b"not this"), "from a file")
        self.good(self.lodge("run", "--stdin", "-", guest, input=b"this"),
                  "this")

    def test_stdin_is_empty_after_the_module_came_from_it(self) -> None:
        self.good(self.lodge("run", "-", input=CAT.encode()), "")

    def test_a_missing_stdin_file_is_told(self) -> None:
        self.bad(self.lodge("run", "--stdin", "nope", self.file(CAT)), 1,
                 "nope")

    def test_the_environment_is_empty_until_given(self) -> None:
        guest = self.file(ENV)
        self.good(self.lodge("run", guest, env={SECRET: "1"}), "")
        self.good(self.lodge("run", "--env", "A=b=c", "--env", "E=", guest),
                  "A=b=c\0E=\0")

    def test_a_variable_is_passed_on_by_name(self) -> None:
        guest = self.file(ENV)
        self.good(self.lodge("run", "--env", SECRET, guest,
                             env={SECRET: "x"}), f"{SECRET}=x\0")
        self.good(self.lodge("run", "--env", SECRET, guest), "")

    def test_no_directory_is_there_until_given(self) -> None:
        self.assertEqual(self.lodge("run", self.file(MAKE_FILE)).code, 8)
        self.assertFalse((self.dir / "file").exists())

    def test_a_directory_can_be_written(self) -> None:
        self.good(self.lodge("run", "--dir", self.dir, self.file(MAKE_FILE)))
        self.assertTrue((self.dir / "file").exists())

    def test_a_read_only_directory_can_be_read_only(self) -> None:
        for spec in (".:ro", ".::/data:ro"):
            ran = self.lodge("run", "--dir", spec, self.file(MAKE_FILE))
            self.assertNotEqual(ran.code, 0)
            self.assertFalse((self.dir / "file").exists())
        self.file("x", "file")
        self.good(self.lodge("run", "--dir", ".:ro", self.file(READ_FILE)))

    def test_a_directory_has_the_guests_name(self) -> None:
        guest = self.file(DIR_NAME)
        self.good(self.lodge("run", "--dir", ".::/abc", guest), "/abc")
        self.good(self.lodge("run", "--dir", ".::/abc:ro", guest), "/abc")

    def test_a_missing_directory_is_told(self) -> None:
        guest = self.file(HELLO)
        self.bad(self.lodge("run", "--dir", "nope", guest), 1, "nope")
        self.bad(self.lodge("run", "--dir", guest, guest), 1, "guest.wat")

    def test_missing_imports_are_listed(self) -> None:
        guest = self.file('(module (import "env" "log" (func (param i32)))'
                          ' (import "env" "mem" (memory 1))'
                          ' (func (export "_start")))')
        self.bad(self.lodge("run", guest), 1, "2 imports are not satisfied",
                 '"env"."log"', '"env"."mem"', hint="WASI preview 1")

    def test_a_module_without_a_start_names_its_functions(self) -> None:
        self.bad(self.lodge("run", self.file(MATH)), 1, "has no _start",
                 hint="add, div")

    def test_a_module_without_functions_says_so(self) -> None:
        self.bad(self.lodge("run", self.file("(module)")), 1,
                 hint="exports no function")

    def test_a_start_function_is_enough(self) -> None:
        text = '(module (func $s %s) (start $s))'
        self.good(self.lodge("run", self.file(text % "")), "")
        self.bad(self.lodge("run", self.file(text % "unreachable")), 134,
                 "unreachable")

    def test_a_start_with_arguments_is_refused(self) -> None:
        guest = self.file('(module (func (export "_start") (param i32)))')
        self.bad(self.lodge("run", guest), 1, "_start", "i32",
                 hint="--invoke _start")

    def test_presets_and_keys_are_obeyed(self) -> None:
        guest = self.file(HELLO)
        for preset in ("default", "untrusted", "deterministic", "pulley",
                       "small", "no-signals", "pooling"):
            with self.subTest(preset=preset):
                # TSan leaves few addresses, and a pool reserves many.
                few = ["--config", "pool-memories=8"] * UNDER_TSAN
                self.good(self.lodge("run", "--preset", preset, *few, guest),
                          "hello\n")
        simd = self.file('(module (func (export "_start")'
                         ' (drop (v128.const i64x2 0 0))))')
        self.good(self.lodge("run", simd))
        ran = self.lodge("run", "--config", "simd=off,relaxed-simd=off",
                         simd)
        self.bad(ran, 1, "SIMD")

    def test_bad_keys_are_wrong_usage(self) -> None:
        guest = self.file(HELLO)
        self.bad(self.lodge("run", "--config", "fule=on", guest), 2, "fule",
                 hint="fuel")
        self.bad(self.lodge("run", "--config", "gc=on,optlevel=none", guest),
                 2, hint="opt-level")
        self.bad(self.lodge("run", "--config", "fuel=maybe", guest), 2,
                 "maybe", "off on")
        self.bad(self.lodge("run", "--config", "fuel", guest), 2)

    def test_a_contradicting_configuration_is_wrong_usage(self) -> None:
        self.bad(self.lodge("run", "--config", "max-wasm-stack=16M",
                            self.file(HELLO)), 2, "fiber-stack")


class CoreDump(Case):
    CRASH = """(module $crash (memory 1) (data (i32.const 5) "what was")
        (func $inner unreachable)
        (func (export "_start") (call $inner)))"""

    def sections(self, path: Path) -> list[str]:
        told = json.loads(self.lodge("inspect", "--json", path).out)
        return [s["name"] for s in told["sections"]]

    def test_a_trap_leaves_a_core_dump(self) -> None:
        ran = self.lodge("run", "--core-dump", "core.wasm",
                         self.file(self.CRASH))
        self.bad(ran, 134, "unreachable", hint="core.wasm")
        self.assertNotIn("coredump", ran.err)
        path = self.dir / "core.wasm"
        self.assertEqual(self.sections(path), [
            "core", "coremodules", "coreinstances", "corestack"])
        self.assertIn('"what was"', self.lodge("wat", path).out)

    def test_a_timeout_leaves_one_too(self) -> None:
        ran = self.lodge("run", "--core-dump=core.wasm", "--timeout=20ms",
                         "--invoke", "loop", self.file(MATH))
        self.bad(ran, 124)
        self.assertIn("corestack", self.sections(self.dir / "core.wasm"))

    def test_verbose_shows_the_backtrace_as_well(self) -> None:
        ran = self.lodge("run", "-v", "--core-dump=core.wasm",
                         self.file(self.CRASH))
        self.bad(ran, 134, "inner", "backtrace")
        self.assertTrue((self.dir / "core.wasm").exists())

    def test_a_guest_that_ends_well_leaves_none(self) -> None:
        for guest, code in ((HELLO, 0), (EXIT_7, 7)):
            ran = self.lodge("run", "--core-dump=core.wasm",
                             self.file(guest))
            self.assertEqual((ran.code, ran.err), (code, ""))
            self.assertFalse((self.dir / "core.wasm").exists())

    def test_a_dump_that_cannot_be_written_is_told(self) -> None:
        guest = self.file(self.CRASH)
        self.bad(self.lodge("run", "--core-dump=no/where", guest), 134,
                 "no/where: No such file")
        self.bad(self.lodge("run", "--core-dump=/dev/full", guest), 134,
                 "No space left")
        self.bad(self.lodge("run", "--core-dump=", guest), 2, "--core-dump")

    def test_a_dump_beyond_the_limit_is_told(self) -> None:
        guest = self.file("""(module (memory 10)
            (func (export "_start") (memory.fill (i32.const 0) (i32.const 1)
                (i32.const 655360)) unreachable))""")
        ran = self.lodge("run", "--core-dump=core.wasm",
                         "--config=core-dump-limit=64K", guest)
        self.bad(ran, 134, "core-dump-limit")
        self.assertFalse((self.dir / "core.wasm").exists())


class Profile(Case):
    BUSY = """(module $busy (func $hot (param i32) (loop $l
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (func $main (export "_start") (call $hot (i32.const %d))))"""

    def names(self, *options: str, turns: int) -> list[str]:
        ran = self.lodge("run", "--profile=p.json", *options,
                         self.file(self.BUSY % turns))
        self.good(ran, "")
        told = json.loads((self.dir / "p.json").read_text())
        self.assertTrue(told["meta"]["product"].endswith("guest.wat"))
        thread = told["threads"][0]
        return [thread["stringArray"][i]
                for i in thread["funcTable"]["name"]]

    def test_a_profile_names_the_functions(self) -> None:
        turns = 10 ** 7
        while "hot" not in self.names(turns=turns):
            turns *= 2
            self.assertLess(turns, 2 ** 31)

    def test_the_interval_can_be_chosen(self) -> None:
        self.names("--profile-interval=20ms", turns=1)
        told = json.loads((self.dir / "p.json").read_text())
        self.assertEqual(told["meta"]["interval"], 20)
        for wrong in ("", "1", "1us", "2h", "x"):
            self.bad(self.lodge("run", f"--profile-interval={wrong}", "x"), 2,
                     "--profile-interval")

    def test_a_guest_that_fails_is_profiled_as_well(self) -> None:
        ran = self.lodge("run", "--profile=p.json", "--timeout=50ms",
                         "--invoke=loop", self.file(MATH))
        self.bad(ran, 124)
        self.assertIn("threads",
                      json.loads((self.dir / "p.json").read_text()))

    def test_a_profile_that_cannot_be_written_is_told(self) -> None:
        self.bad(self.lodge("run", "--profile=no/where",
                            self.file(self.BUSY % 1)), 1, "no/where")

    def test_a_guest_that_never_ran_has_no_profile(self) -> None:
        self.bad(self.lodge("run", "--profile=p.json", "nope"), 1, "nope")
        self.assertFalse((self.dir / "p.json").exists())


class Invoke(Case):
    def test_integers_are_read_and_printed(self) -> None:
        for kind, word, result in (
            ("i32", "-1", "-1"), ("i32", "4294967295", "-1"),
            ("i32", "-2147483648", "-2147483648"), ("i32", "0xff", "255"),
            ("i32", "-0x80000000", "-2147483648"), ("i32", "+7", "7"),
            ("i64", "18446744073709551615", "-1"),
            ("i64", "-9223372036854775808", "-9223372036854775808"),
            ("i64", "0xFFFFFFFFFFFFFFFE", "-2"),
        ):
            with self.subTest(kind=kind, word=word):
                self.good(self.invoke(kind, word), result + "\n")

    def test_floats_are_read_and_printed_exactly(self) -> None:
        for kind, word, result in (
            ("f32", "0.1", "0.1"), ("f64", "0.1", "0.1"),
            ("f32", "16777217", "16777216"), ("f64", "1e300", "1e+300"),
            ("f64", "5e-324", "5e-324"), ("f64", "-0", "-0"),
            ("f64", "0x1.8p3", "12"), ("f64", ".5", "0.5"),
            ("f64", "inf", "inf"), ("f32", "-inf", "-inf"),
            ("f64", "nan", "nan"), ("f32", "-nan", "-nan"),
            ("f64", "nan:0x8000000000001", "nan:0x8000000000001"),
            ("f32", "nan:0x200000", "nan:0x200000"),
            ("f64", "0.30000000000000004", "0.30000000000000004"),
        ):
            with self.subTest(kind=kind, word=word):
                self.good(self.invoke(kind, word), result + "\n")

    def test_vectors_are_read_and_printed(self) -> None:
        word = "0x000102030405060708090a0b0c0d0eff"
        self.good(self.invoke("v128", word), word + "\n")

    def test_results_stand_one_a_line(self) -> None:
        word = "0x" + "f" * 32
        self.good(self.invoke("many", 5, word, -1.5), f"-1.5\n{word}\n5\n")

    def test_bad_values_are_refused_before_anything_runs(self) -> None:
        for kind, word in (
            ("i32", "4294967296"), ("i32", "-2147483649"), ("i32", "1.0"),
            ("i32", ""), ("i32", "0x"), ("i32", "--1"), ("i32", " 1"),
            ("i32", "0x1ffffffff"), ("i64", "18446744073709551616"),
            ("i64", "-9223372036854775809"), ("f64", "1e999"),
            ("f64", "one"), ("f64", ""), ("f64", "1 "), ("f64", "nan:0x0"),
            ("f32", "nan:0x800000"), ("f32", "infinity"), ("v128", "0x12"),
            ("v128", "1"), ("v128", "0x" + "g" * 32),
        ):
            with self.subTest(kind=kind, word=word):
                self.bad(self.invoke(kind, word), 2, f"is not an {kind}",
                         hint="write")

    def test_a_wrong_number_of_arguments_shows_the_type(self) -> None:
        self.bad(self.invoke("add", 1), 2, "takes 2 arguments, 1 given",
                 hint="i32 i32 -> i32")
        self.bad(self.invoke("loop", 1), 2, "takes 0 arguments, 1 given")

    def test_references_cannot_be_given_but_are_shown(self) -> None:
        self.bad(self.invoke("takes_ref", 1), 2, "funcref")
        self.good(self.invoke("gives_ref"), "funcref\nnull\n")

    def test_an_unknown_name_gets_the_nearest(self) -> None:
        self.bad(self.invoke("ad"), 2, "exports no ad", hint="add")
        self.bad(self.invoke("xxxxxxxx"), 2, hint="functions for --invoke")

    def test_something_else_than_a_function_is_refused(self) -> None:
        self.bad(self.invoke("memory"), 2, "is a memory, not a function")

    def test_a_name_may_have_blanks(self) -> None:
        self.good(self.invoke("two words"), "22\n")

    def test_a_reactor_is_initialised_first(self) -> None:
        self.good(self.invoke("get", guest=REACTOR), "42\n")
        self.bad(self.lodge("run", self.file(REACTOR)), 1, "no _start",
                 hint="get")

    def test_initialising_can_be_called_itself(self) -> None:
        self.good(self.invoke("_initialize", guest=REACTOR), "")

    def test_a_command_can_be_invoked_by_name(self) -> None:
        ran = self.invoke("_start", guest=EXIT_7)
        self.assertEqual(ran.code, 7)

    def test_invoke_arguments_are_not_for_wasi(self) -> None:
        guest = ARGS.replace('(export "_start")',
                             '(export "f") (param i32)')
        ran = self.invoke("f", 1, guest=guest)
        self.assertEqual(ran.out, "guest.wat\0")


class Limits(Case):
    def test_a_trap_has_its_code_and_a_hint(self) -> None:
        self.bad(self.invoke("div", 1, 0), 134, "integer divide by zero",
                 hint="-v")

    def test_verbose_shows_a_backtrace(self) -> None:
        for option in ("-v", "--verbose"):
            ran = self.invoke("div", 1, 0, options=(option,))
            self.bad(ran, 134, "backtrace")
            self.assertNotIn("hint: -v", ran.err)

    def test_an_uncaught_exception_is_a_trap(self) -> None:
        guest = self.file('(module (tag $t) (func (export "_start")'
                          ' (throw $t)))')
        self.bad(self.lodge("run", guest), 134)

    def test_a_deep_recursion_is_a_trap(self) -> None:
        self.bad(self.invoke("deep"), 134, "stack", hint="max-wasm-stack")

    def test_fuel_ends_a_guest(self) -> None:
        self.bad(self.invoke("loop", options=("--fuel", "10000")), 137,
                 "fuel", hint="--fuel")

    def test_enough_fuel_changes_nothing(self) -> None:
        self.good(self.invoke("add", 1, 2, options=("--fuel=10000",)), "3\n")

    def test_no_fuel_at_all_is_obeyed(self) -> None:
        self.bad(self.invoke("add", 1, 2, options=("--fuel=0",)), 137)

    def test_a_timeout_ends_a_guest(self) -> None:
        began = time.monotonic()
        self.bad(self.invoke("loop", options=("--timeout", "200ms")), 124,
                 hint="--timeout")
        self.assertGreater(time.monotonic() - began, 0.19)
        self.bad(self.invoke("loop", options=("--timeout=0.1s",)), 124)

    def test_a_timeout_holds_with_interruption_off(self) -> None:
        self.bad(self.invoke("loop", options=(
            "--preset=deterministic", "--timeout=100ms")), 124)

    def test_a_timeout_holds_for_a_start_function(self) -> None:
        guest = self.file("(module (func $s (loop (br 0))) (start $s))")
        self.bad(self.lodge("run", "--timeout=100ms", guest), 124)

    def test_a_timeout_holds_while_the_guest_reads(self) -> None:
        reader, writer = os.pipe()
        self.addCleanup(os.close, writer)
        self.addCleanup(os.close, reader)
        ran = self.lodge("run", "--timeout=200ms", self.file(CAT),
                         stdin=reader, nothing_left=False)
        self.bad(ran, 124, "deadline")

    @unittest.skipIf(UNDER_TSAN, "TSan keeps signals back until open returns")
    def test_a_timeout_holds_while_the_system_waits(self) -> None:
        os.mkfifo(self.dir / "file")
        ran = self.lodge("run", "--timeout=200ms", "--dir=.",
                         self.file(READ_FILE), nothing_left=False)
        if ran.code == 0:
            self.skipTest("opening a FIFO did not wait")
        self.bad(ran, 124, "deadline")

    def test_a_memory_limit_makes_growing_fail(self) -> None:
        self.good(self.invoke("grow", 1, options=("--memory=128K",)), "1\n")
        self.good(self.invoke("grow", 2, options=("--memory=128K",)),
                  "-1\n")

    def test_a_trap_after_refused_memory_names_the_limit(self) -> None:
        self.bad(self.invoke("must_grow", options=("--memory=128K",)), 134,
                 hint="--memory")

    def test_a_module_too_large_for_the_limit_does_not_start(self) -> None:
        self.bad(self.invoke("add", 1, 2, options=("--memory=1K",)), 137,
                 "memory", hint="--memory")

    def test_stats_are_lines_on_stderr(self) -> None:
        ran = self.invoke("add", 1, 2, options=("--stats",))
        self.assertEqual((ran.code, ran.out), (0, "3\n"))
        self.assertRegex(ran.err, r"\Acompile time: [\d.]+ ms\ncache: kept\n"
                                  r"run time: [\d.]+ ms\n"
                                  r"memory peak: 65536\n\Z")

    def test_stats_count_fuel_also_of_a_failure(self) -> None:
        ran = self.invoke("add", 1, 2, options=("--stats", "--fuel=1000"))
        self.assertRegex(ran.err, r"fuel used: [1-9]\d?\n\Z")
        ran = self.invoke("loop", options=("--stats", "--fuel=1000"))
        self.assertEqual(ran.code, 137)
        self.assertRegex(ran.err, r"fuel used: \d+\n\Z")


class Inspect(Case):
    def test_the_table_is_aligned(self) -> None:
        ran = self.lodge("inspect", self.file(WASI % ""))
        self.good(ran)
        rows = re.findall(r"(?m)^  wasi_snapshot.*", ran.out)
        self.assertEqual(len(rows), 9)
        self.assertEqual(len({row.index(" func ") for row in rows}), 1)

    def test_everything_is_listed(self) -> None:
        guest = self.file('(module $m (import "a" "g" (global (mut i64)))'
                          ' (import "a" "t" (table 1 2 funcref))'
                          ' (import "a" "m" (memory 1 16))'
                          ' (tag (export "x") (param i32))'
                          ' (memory (export "mem") i64 1)'
                          ' (func $s) (start $s) (@custom "c" "123"))')
        ran = self.lodge("inspect", "--config=memory64=on", guest)
        self.good(ran)
        for words in ("module m", r"imports \(3\)", r"exports \(2\)", "mut i64",
                      "1 2 funcref", "1 16", "c .* 3 bytes",
                      "memory bytes +65536", "start function +yes"):
            self.assertRegex(ran.out, words)

    def test_hostile_names_are_escaped(self) -> None:
        ran = self.lodge("inspect", self.file(HOSTILE))
        self.good(ran)
        self.assertNotRegex(ran.out, "[\x00-\x09\x0b-\x1f\x7f\u202e]")
        for words in (r'"e\u{1b}[31mnv"', r'"lo\nog"', r'"\u{202e}right"',
                      r'""', r'"a\"b\\\u{0}c"', "glück",
                      r'"cus\u{7}tom"'):
            self.assertIn(words, ran.out)

    def test_json_has_its_documented_form(self) -> None:
        ran = self.lodge("inspect", "--json", self.file(WASI % (
            '(func (export "f") (param i32) (result i64) (i64.const 1))'
            ' (@custom "c" "123")')))
        self.good(ran)
        told = json.loads(ran.out)
        self.assertEqual(sorted(told), sorted(
            ["format", "file", "name", "imports", "exports", "sections",
             "producers", "needs"]))
        self.assertEqual(told["format"], 1)
        self.assertIsNone(told["name"])
        self.assertEqual(told["imports"][0], {
            "module": "wasi_snapshot_preview1", "name": "fd_read",
            "kind": "func", "type": "i32 i32 i32 i32 -> i32"})
        self.assertIn({"name": "f", "kind": "func", "type": "i32 -> i64"},
                      told["exports"])
        self.assertIn({"name": "c", "bytes": 3}, told["sections"])
        self.assertEqual(told["needs"], {
            "memories": 1, "memory_bytes": 131072, "tables": 0,
            "table_elements": 0, "functions": 2, "globals": 0,
            "start": False})

    def test_the_tools_that_made_it_are_named(self) -> None:
        section = (r'(module (@custom "producers" "\01\0cprocessed-by\01'
                   r'\05cla\1bg\0414.0"))')
        ran = self.lodge("inspect", self.file(section))
        self.good(ran)
        self.assertIn("made by\n  processed-by cla\\u{1b}g 14.0\n", ran.out)
        told = json.loads(self.lodge("inspect", "--json",
                                     self.file(section)).out)
        self.assertEqual(told["producers"], ["processed-by cla\x1bg 14.0"])

    def test_json_keeps_hostile_names_whole(self) -> None:
        ran = self.lodge("inspect", "--json", self.file(HOSTILE))
        self.good(ran)
        self.assertRegex(ran.out, r"\A[\x20-\x7e\n]*\Z")
        told = json.loads(ran.out)
        self.assertEqual(told["imports"][0]["module"], "e\x1b[31mnv")
        self.assertEqual(told["imports"][0]["name"], "lo\nog")
        self.assertEqual([e["name"] for e in told["exports"]],
                         ["", 'a"b\\\0c', "glück"])

    def test_json_takes_a_file_name_that_is_not_utf8(self) -> None:
        name = os.fsencode(self.dir) + b"/\xff.wat"
        with open(name, "wb") as file:
            file.write(MATH.encode())
        ran = subprocess.run([LODGE, "inspect", "--json", name],
                             capture_output=True, timeout=PATIENCE)
        self.assertTrue(json.loads(ran.stdout)["file"].endswith(
            "/\\xff.wat"))

    def test_many_imports_are_all_shown(self) -> None:
        lines = "".join(f'(import "m" "f{i}" (func))' for i in range(3000))
        ran = self.lodge("inspect", self.file(f"(module {lines})"))
        self.good(ran)
        self.assertIn("imports (3000)", ran.out)
        self.assertIn(" f2999 ", ran.out)


class Validate(Case):
    def test_each_file_has_its_verdict(self) -> None:
        good = self.file(MATH, "good.wat")
        bad = self.file("(module (func (result i32)))", "bad.wat")
        ran = self.lodge("validate", good, bad, "nope", good)
        self.assertEqual(ran.code, 1)
        self.assertEqual(ran.out, f"{good}: ok\n" * 2)
        self.assertIn(f"lodge: {bad}: ", ran.err)
        self.assertIn("lodge: nope: ", ran.err)

    def test_binary_and_text_are_both_taken(self) -> None:
        binary = self.file(self.lodge("wat", self.file(MATH)).raw, "m.wasm")
        self.good(self.lodge("validate", binary, self.file(MATH)))

    def test_the_configuration_says_what_is_valid(self) -> None:
        guest = self.file("(module (memory 1) (memory 1))")
        self.good(self.lodge("validate", guest))
        self.bad(self.lodge("validate", "--config", "multi-memory=off",
                            guest), 1, "guest.wat")


class Wat(Case):
    def test_text_becomes_binary(self) -> None:
        ran = self.lodge("wat", self.file("(module)"))
        self.assertEqual((ran.code, ran.raw), (0, b"\0asm\1\0\0\0"))

    def test_text_comes_from_stdin(self) -> None:
        ran = self.lodge("wat", "-", input=b"(module)")
        self.assertEqual((ran.code, ran.raw), (0, b"\0asm\1\0\0\0"))

    def test_the_output_can_be_a_file(self) -> None:
        guest = self.file("(module)")
        for args in (["-o", "a.wasm", guest], [guest, "-o", "a.wasm"],
                     ["-oa.wasm", guest], ["--output=a.wasm", guest]):
            self.good(self.lodge("wat", *args), "")
            out = self.dir / "a.wasm"
            self.assertEqual(out.read_bytes(), b"\0asm\1\0\0\0")
            out.unlink()

    def test_a_failure_leaves_the_output_alone(self) -> None:
        self.file("old", "a.wasm")
        self.bad(self.lodge("wat", "-o", "a.wasm", self.file("(modul)")), 1)
        self.assertEqual((self.dir / "a.wasm").read_bytes(), b"old")

    def test_the_source_is_not_overwritten(self) -> None:
        guest = self.file("(module)")
        self.bad(self.lodge("wat", guest, "-o", guest), 2, "source")

    def test_an_impossible_output_is_told(self) -> None:
        guest = self.file("(module)")
        self.bad(self.lodge("wat", guest, "-o", "no/where"), 1, "no/where")
        self.bad(self.lodge("wat", guest, "-o", self.dir), 1,
                 "Is a directory")
        self.bad(self.lodge("wat", guest, "-o", "/dev/full"), 1,
                 "No space left")
        self.bad(self.lodge("wat", guest, "-o", ""), 2)

    def test_a_binary_module_becomes_text(self) -> None:
        binary = self.lodge("wat", self.file(MATH)).raw
        ran = self.lodge("wat", self.file(binary, "m.wasm"))
        self.good(ran)
        self.assertTrue(ran.out.startswith("(module $math\n"), ran.out)
        self.assertIn('(export "two words"', ran.out)
        again = self.lodge("wat", self.file(ran.out))
        self.assertEqual(again.raw, binary)

    def test_a_binary_module_may_come_from_stdin(self) -> None:
        self.good(self.lodge("wat", "-", input=b"\0asm\1\0\0\0"),
                  "(module)\n")

    def test_text_can_go_to_a_file(self) -> None:
        guest = self.file(b"\0asm\1\0\0\0", "m.wasm")
        self.good(self.lodge("wat", guest, "-o", "m.wat"), "")
        self.assertEqual((self.dir / "m.wat").read_text(), "(module)\n")
        self.bad(self.lodge("wat", guest, "-o", guest), 2, "source")

    def test_text_shows_what_options_ask_for(self) -> None:
        guest = self.file(self.lodge("wat", self.file(
            "(module (memory 1) (data (i32.const 0) \"secret\")"
            " (func (drop (i32.const 77))))")).raw, "m.wasm")
        self.assertIn("(;@", self.lodge("wat", "--offsets", guest).out)
        self.assertIn("$#func0", self.lodge("wat", "--names", guest).out)
        ran = self.lodge("wat", "--skeleton", guest)
        self.good(ran)
        self.assertNotIn("77", ran.out)
        self.assertNotIn("secret", ran.out)
        ran = self.lodge("wat", guest)
        self.assertIn("secret", ran.out)
        self.assertNotIn("(;@", ran.out)
        self.assertNotIn("$#", ran.out)

    def test_options_for_text_are_refused_with_text(self) -> None:
        for option in ("--offsets", "--names", "--skeleton"):
            self.bad(self.lodge("wat", option, self.file("(module)")), 1,
                     "text already", hint=option)

    def test_hostile_names_are_escaped_as_text(self) -> None:
        binary = self.lodge("wat", self.file(HOSTILE)).raw
        ran = self.lodge("wat", self.file(binary, "m.wasm"))
        self.good(ran)
        self.assertRegex(ran.out, r"\A[\x20-\x7e\n]*\Z")
        self.assertIn("e\\u{1b}[31mnv", ran.out)
        self.assertEqual(self.lodge("wat", self.file(ran.out)).raw, binary)

    def test_a_malformed_module_is_told_with_its_place(self) -> None:
        ran = self.lodge("wat", self.file(b"\0asm\1\0\0\0\1\xff"))
        self.bad(ran, 1, "at offset 0x")
        self.assertEqual(ran.out, "")

    def test_text_may_go_to_a_terminal(self) -> None:
        guest = self.file(b"\0asm\1\0\0\0", "m.wasm")
        code, shown = self.on_terminal("wat", guest)
        self.assertEqual(code, 0)
        self.assertTrue(shown.startswith("(module)\r\n"), shown)

    def test_a_terminal_is_spared(self) -> None:
        code, shown = self.on_terminal("wat", self.file("(module)"))
        self.assertEqual(code, 2)
        self.assertIn("terminal", shown)
        self.assertNotIn("\0", shown)


class Config(Case):
    def test_every_key_has_a_line(self) -> None:
        ran = self.lodge("config")
        self.good(ran)
        self.assertRegex(ran.out, r"(?m)^fuel +bool +off +off on +\w")
        self.assertRegex(ran.out, r"(?m)^opt-level +choice +speed +none ")
        self.assertGreater(len(ran.out.splitlines()), 30)

    def test_json_lists_the_same_keys(self) -> None:
        ran = self.lodge("config", "--json")
        self.good(ran)
        told = json.loads(ran.out)
        self.assertEqual(told["format"], 1)
        names = [line.split()[0]
                 for line in self.lodge("config").out.splitlines()]
        self.assertEqual([key["name"] for key in told["keys"]], names)
        for key in told["keys"]:
            self.assertEqual(sorted(key), ["default", "help", "name",
                                           "range", "type"])
            self.assertIn(key["type"], ["bool", "number", "choice", "text"])

    def test_every_default_can_be_set(self) -> None:
        keys = json.loads(self.lodge("config", "--json").out)["keys"]
        pairs = ",".join(f"{k['name']}={k['default']}" for k in keys)
        self.good(self.lodge("validate", "--config", pairs, self.file(MATH)))


class Output(Case):
    def each(self) -> list[tuple[str, ...]]:
        guest = self.file(MATH)
        return [("help",), ("version",), ("config",), ("config", "--json"),
                ("inspect", guest), ("inspect", "--json", guest),
                ("validate", guest), ("wat", guest), ("run", "--help"),
                ("run", "--invoke", "add", guest, "1", "2")]

    def test_a_full_disk_is_a_failure(self) -> None:
        for args in self.each():
            with self.subTest(args=args), open("/dev/full", "wb") as full:
                self.bad(self.lodge(*args, stdout=full), 1, "stdout",
                         "No space left")

    def test_a_closed_stdout_is_a_failure(self) -> None:
        for args in self.each():
            with self.subTest(args=args):
                ran = self.lodge(*args, stdout=None,
                                 preexec_fn=lambda: os.close(1))
                self.bad(ran, 1, "stdout", "Bad file descriptor")

    def test_a_reader_that_is_gone_is_quiet_but_no_success(self) -> None:
        for args in self.each():
            with self.subTest(args=args):
                reader, writer = os.pipe()
                os.close(reader)
                ran = self.lodge(*args, stdout=writer)
                os.close(writer)
                self.assertEqual((ran.code, ran.err), (1, ""))

    def test_a_guest_sees_that_its_stdout_failed(self) -> None:
        guest = self.file(HELLO)
        with open("/dev/full", "wb") as full:
            self.assertNotEqual(self.lodge("run", guest, stdout=full).code,
                                0)
        reader, writer = os.pipe()
        os.close(reader)
        self.assertNotEqual(self.lodge("run", guest, stdout=writer).code, 0)
        os.close(writer)

    def test_a_closed_stdout_is_not_the_next_file(self) -> None:
        ran = self.lodge("run", "--dir=.", self.file(HELLO), stdout=None,
                         preexec_fn=lambda: os.close(1))
        self.assertNotEqual(ran.code, 0)

    def test_a_closed_stderr_changes_no_code(self) -> None:
        ran = subprocess.run([LODGE, "run", "nope"], timeout=PATIENCE,
                             preexec_fn=lambda: os.close(2))
        self.assertEqual(ran.returncode, 1)

    def test_a_terminal_gets_colours(self) -> None:
        code, shown = self.on_terminal("inspect", self.file(MATH))
        self.assertEqual(code, 0)
        self.assertIn("\x1b[1m", shown)
        code, shown = self.on_terminal("run", "nope")
        self.assertEqual(code, 1)
        self.assertIn("\x1b[1;31mlodge:\x1b[0m", shown)

    def test_no_color_and_dumb_terminals_are_obeyed(self) -> None:
        for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            for args in (["inspect", self.file(MATH)], ["run", "nope"]):
                _, shown = self.on_terminal(*args, **env)
                self.assertNotIn("\x1b", shown)
        _, shown = self.on_terminal("run", "nope", NO_COLOR="")
        self.assertIn("\x1b", shown)

    def test_pipes_get_no_colours(self) -> None:
        for args in self.each():
            ran = self.lodge(*args)
            self.assertNotIn("\x1b", ran.out + ran.err)

    def slow_module(self) -> str:
        """One function of many locals that all change in nested loops."""
        count = 400
        body = sets = "".join(
            f"(local.set {i} (i32.add (local.get {i})"
            f" (local.get {(i * 7 + 1) % count})))" for i in range(count))
        for i in range(40):
            body = (f"(loop (if (local.get {i}) (then {body}))"
                    f" (br_if 0 (local.get {i * 3})))")
        return self.file(f'(module (func (export "_start"))'
                         f' (func (local {"i32 " * count}) {body} {sets}))')

    def test_a_long_compilation_shows_a_note_and_erases_it(self) -> None:
        guest = self.slow_module()
        code, shown = self.on_terminal("run", "--stats", guest)
        self.assertEqual(code, 0, shown)
        took = re.search(r"compile time: ([\d.]+) ms", shown)
        self.assertIsNotNone(took)
        if float(took[1] if took else 0) < 1500:
            self.skipTest("compiled too quickly")
        self.assertRegex(shown, r"compiling .*guest.wat \.\.\.\r\x1b\[K")
        self.good(self.lodge("run", guest), "")


class Compiled(Case):
    """`lodge compile`, what takes its output, and keys."""

    def compiled(self, *options: str, guest: str = MATH) -> str:
        path = self.file(guest)
        self.good(self.lodge("compile", *options, path), "")
        return path[:-len(".wat")] + ".cwasm"

    def key(self) -> Path:
        return self.dir / "settings" / "lodge" / "key"

    def test_compiled_code_runs_as_the_module(self) -> None:
        code = self.compiled()
        self.good(self.lodge("run", "--invoke", "add", code, 1, 2), "3\n")
        self.good(self.lodge("validate", code), f"{code}: ok\n")
        ran = self.lodge("run", "--invoke", "div", code, 1, 0)
        self.bad(ran, 134, "integer divide by zero")

    def test_inspect_tells_the_same_of_code_and_module(self) -> None:
        path = self.file(MATH)
        code = self.compiled()
        told = []
        for name in (path, code):
            ran = self.lodge("inspect", "--json", name)
            self.good(ran)
            data = json.loads(ran.out)
            del data["file"]
            told.append(data)
        self.assertEqual(*told)

    def test_the_key_is_made_once_for_the_user_alone(self) -> None:
        self.compiled()
        key = self.key().read_bytes()
        self.assertEqual(len(key), 32)
        self.assertEqual(self.key().stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.key().parent.stat().st_mode & 0o777, 0o700)
        self.assertEqual(os.listdir(self.key().parent), ["key"])
        self.compiled()
        self.assertEqual(self.key().read_bytes(), key)

    def test_a_key_that_others_can_read_is_refused(self) -> None:
        code = self.compiled()
        for mode in (0o640, 0o604, 0o660, 0o601):
            self.key().chmod(mode)
            self.bad(self.lodge("run", "--invoke", "add", code, 1, 2), 1,
                     "key file", "can be used by others")
            self.bad(self.lodge("compile", self.file(MATH)), 1,
                     "can be used by others")

    def test_keys_that_are_none_are_refused(self) -> None:
        code = self.compiled()
        short = self.dir / "short"
        for size in (0, 15, 1025):
            short.write_bytes(b"k" * size)
            short.chmod(0o600)
            self.bad(self.lodge("run", "--key-file", short, code), 1,
                     "16 to 1024 bytes")
        self.bad(self.lodge("run", "--key-file", self.dir, code), 1,
                 "not a regular file")
        self.bad(self.lodge("run", "--key-file", "/none", code), 1,
                 "key file /none: No such file", hint="umask 077")
        self.bad(self.lodge("compile", "--key-file", self.dir / "no", code), 1)
        self.bad(self.lodge("compile", "--key-file=", code), 2, "file name")
        self.assertFalse((self.dir / "no").exists())

    def test_without_a_key_nothing_is_loaded(self) -> None:
        code = self.compiled()
        self.key().unlink()
        self.bad(self.lodge("run", code), 1, "No such file",
                 hint="`lodge compile` makes it")
        self.assertFalse(self.key().exists())
        ran = self.lodge("compile", self.file(MATH),
                         env={"HOME": "", "XDG_CONFIG_HOME": ""})
        self.bad(ran, 1, "no key: HOME is not set")

    def test_another_key_is_told(self) -> None:
        code = self.compiled()
        other = self.dir / "other"
        other.write_bytes(bytes(range(32)))
        other.chmod(0o600)
        self.bad(self.lodge("run", "--key-file", other, code), 1,
                 "another key", hint="--key-file")
        code = self.compiled("--key-file", str(other))
        ran = self.lodge("run", "--key-file", other, "--invoke", "add", code,
                         4, 5)
        self.good(ran, "9\n")

    def test_changed_and_cut_code_is_refused(self) -> None:
        code = Path(self.compiled())
        good = code.read_bytes()
        for at in (20, 5000, len(good) - 200, len(good) - 1):
            bad = bytearray(good)
            bad[at] ^= 4
            code.write_bytes(bad)
            for command in ("run", "inspect", "validate"):
                self.bad(self.lodge(command, code), 1)
        code.write_bytes(good[:-1])
        self.bad(self.lodge("run", code), 1, "cut short")
        code.write_bytes(good[:5000])
        self.bad(self.lodge("validate", code), 1, "cut short")

    def test_other_settings_are_named(self) -> None:
        code = self.compiled()
        self.bad(self.lodge("run", "--fuel=100", code), 1,
                 "fuel=off; this engine has fuel=on", hint="--config")
        code = self.compiled("--config", "fuel=on")
        ran = self.lodge("run", "--fuel=100", "--invoke", "add", code, 1, 2)
        self.good(ran, "3\n")

    def test_output_goes_where_it_should(self) -> None:
        path = self.file(MATH)
        out = self.dir / "there"
        self.good(self.lodge("compile", path, "-o", out), "")
        ran = self.lodge("compile", "-o-", path)
        self.assertEqual((ran.code, ran.raw), (0, out.read_bytes()))
        ran = self.lodge("compile", "--json", path)
        self.good(ran)
        data = json.loads(ran.out)
        self.assertEqual(set(data), {"format", "file", "output", "bytes"})
        self.assertEqual(data["bytes"], len(out.read_bytes()))
        self.assertEqual(Path(data["output"]).read_bytes(), out.read_bytes())

    def test_a_module_on_stdin_needs_a_name_for_its_code(self) -> None:
        self.bad(self.lodge("compile", "-", input=MATH.encode()), 2, "-o")
        out = self.dir / "out"
        self.good(self.lodge("compile", "-", "-o", out, input=MATH.encode()))
        self.good(self.lodge("validate", out), f"{out}: ok\n")

    def test_wrong_uses_of_compile_are_refused(self) -> None:
        path = self.file(MATH)
        code = self.compiled()
        self.bad(self.lodge("compile"), 2, "FILE is missing")
        self.bad(self.lodge("compile", path, "-o", path), 2, "source as well")
        self.bad(self.lodge("compile", "--json", path, "-o", "-"), 2, "stdout")
        self.bad(self.lodge("compile", path, "-o", "/none/x"), 1, "No such")
        self.bad(self.lodge("compile", code), 1, "compiled code")
        self.bad(self.lodge("wat", code), 1, "compiled code")
        self.bad(self.lodge("compile", self.file("(module (func", "x.wat")), 1)
        self.bad(self.lodge(code), 2, hint="lodge run")


class Cache(Case):
    """`lodge run` keeps what it compiles."""

    def folder(self) -> Path:
        return self.dir / "cache" / "lodge" / "modules"

    def entries(self) -> list[str]:
        return [n for n in os.listdir(self.folder()) if n != "key"]

    def cached(self, *options: str, **env: str) -> str:
        ran = self.lodge("run", "--stats", *options, "--invoke", "add",
                         self.file(MATH), 1, 2, env=env)
        self.assertEqual((ran.code, ran.out), (0, "3\n"), ran.err)
        found = re.search(r"^cache: (.*)$", ran.err, re.M)
        return found[1] if found else ""

    def test_the_second_run_does_not_compile(self) -> None:
        self.assertEqual(self.cached(), "kept")
        self.assertEqual(self.cached(), "found")
        self.assertEqual(len(self.entries()), 1)
        self.assertEqual(self.folder().stat().st_mode & 0o777, 0o700)

    def test_no_cache_keeps_nothing(self) -> None:
        self.assertEqual(self.cached("--no-cache"), "")
        self.assertFalse((self.dir / "cache").exists())
        self.assertEqual(self.cached(HOME="", XDG_CACHE_HOME=""), "")

    def test_a_folder_may_be_named(self) -> None:
        there = str(self.dir / "there")
        self.assertEqual(self.cached("--cache", there), "kept")
        self.assertEqual(self.cached("--cache", there), "found")
        self.assertFalse((self.dir / "cache").exists())
        self.bad(self.lodge("run", "--cache=", "x"), 2, "needs a folder")
        self.bad(self.lodge("run", "--cache", "x" * 5000, "x"), 2,
                 "cache-folder")

    def test_a_cache_that_is_of_no_use_says_why(self) -> None:
        self.cached()
        self.folder().chmod(0o777)
        self.assertIn("not this user's alone", self.cached())
        self.folder().chmod(0o700)
        (self.folder() / "key").chmod(0o644)
        self.assertIn("key", self.cached())
        file = self.file("", "file")
        self.assertIn("cannot be used", self.cached("--cache", file))

    def test_changed_entries_are_compiled_anew(self) -> None:
        self.cached()
        entry = self.folder() / self.entries()[0]
        data = bytearray(entry.read_bytes())
        data[3000] ^= 1
        entry.write_bytes(data)
        self.assertIn("not sound", self.cached())
        self.assertEqual(self.cached(), "found")


if __name__ == "__main__":
    unittest.main()
