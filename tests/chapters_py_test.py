#!/usr/bin/env python3
"""Sees that chapters.py finds what it is there to find.

On a chapter that is made up, with two shell scripts for a server and a client.
"""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.dont_write_bytecode = True

import chapters  # pylint: disable=wrong-import-position

SERVER = """#!/bin/bash
echo "serves clients at 127.0.0.1:$(($2 + 1)) (pid $$)"
exec sleep 1000
"""

CLIENT = """#!/bin/bash
shift 2
echo "asked for $*"
exit 3
"""

BLOCK = """```console
$ bazel run //stage0_x:server -- --quiet &
serves clients at 127.0.0.1:7001 (pid …)
$ bazel run //stage0_x:client -- get k; echo "status $?"
asked for get k
status 3
```
"""

TABLE = """| Rule | Code | Test | Paper |
|---|---|---|---|
| One | `x.cc` `X::run` | `x_test.cc` `it_runs` | §1 |
"""


def chapter(words=1900, **parts):
    text = "# Stage 0: A test\n\n"
    for part in chapters.PARTS:
        part = part.replace("(code|diff)", "code")
        text += f"## {part}\n\n{parts.get(part.split()[0], '')}\n"
    return text + "word " * words


class ChaptersTest(unittest.TestCase):

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)
        self.write("programs/stage0_x/server", SERVER)
        self.write("programs/stage0_x/client", CLIENT)
        self.write("stage0_x/x.cc", "void X::run() {}")
        self.write("tests/x_test.cc", "void it_runs() {}")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def complaints(self, text):
        self.write("stage0_x/README.md", text)
        return list(chapters.complaints(
            self.root, self.root / "programs", ["stage0_x"]))

    def assert_complaint(self, part, text):
        found = self.complaints(text)
        self.assertEqual(1, len(found), found)
        self.assertIn(part, found[0])

    def test_a_true_chapter_is_accepted(self):
        self.assertEqual([], self.complaints(chapter(Run=BLOCK, Rules=TABLE)))

    def test_other_output_is_a_complaint(self):
        for old, new in (("asked for get k", "asked for get l"),
                         ("asked for get k\n", ""),
                         ("status 3", "status 3\nand more")):
            block = BLOCK.replace(old, new)
            self.assert_complaint("README.md:8: $ bazel run",
                                  chapter(Run=block, Rules=TABLE))

    def test_output_that_a_job_does_not_give_is_a_complaint(self):
        usual, chapters.DEADLINE_S = chapters.DEADLINE_S, 0.3
        self.addCleanup(setattr, chapters, "DEADLINE_S", usual)
        self.assert_complaint(
            "README.md:6: $ bazel run",
            chapter(Run=BLOCK.replace("(pid", "[pid"), Rules=TABLE))

    def test_a_command_that_does_not_end_is_a_complaint(self):
        usual, chapters.DEADLINE_S = chapters.DEADLINE_S, 0.3
        self.addCleanup(setattr, chapters, "DEADLINE_S", usual)
        self.assert_complaint(
            "did not end in time",
            chapter(Run="```console\n$ sleep 1000\n```\n", Rules=TABLE))

    def test_nothing_outlives_a_section_be_it_stopped(self):
        block = BLOCK[:-4] + "$ kill -STOP %1\n$ echo $! >tests/pid\n```\n"
        self.assertEqual([], self.complaints(chapter(Run=block, Rules=TABLE)))
        pid = (self.root / "tests/pid").read_text().strip()
        self.assertFalse(pathlib.Path("/proc", pid).exists())

    def test_a_killed_job_is_gone_before_the_next_command(self):
        block = BLOCK[:-4] + "$ kill -9 %1\n$ kill -0 $! 2>&-; echo $?\n1\n```\n"
        self.assertEqual([], self.complaints(chapter(Run=block, Rules=TABLE)))

    def test_eventually_repeats_a_command(self):
        block = ("```console eventually\n$ echo x >>file; cat file\nx\nx\nx\n"
                 "```\n")
        self.assertEqual([], self.complaints(chapter(Run=block, Rules=TABLE)))

    def test_a_block_is_left_out_for_a_reason_only(self):
        block = BLOCK.replace("asked", "answered")
        reason = block.replace("console", "console no-test: takes an hour")
        self.assertEqual([], self.complaints(chapter(Run=reason, Rules=TABLE)))
        self.assert_complaint("what is 'no-test:'", chapter(
            Run=block.replace("console", "console no-test: "), Rules=TABLE))

    def test_names_that_nobody_finds_are_complaints(self):
        for old, new in (("x.cc", "y.cc"), ("X::run", "X::walk"),
                         ("x_test.cc", "y_test.cc"), ("it_runs", "it_walks")):
            table = TABLE.replace(f"`{old}`", f"`{new}`")
            self.assertIn(f"there is no {'file ' if '.' in new else ''}{new}",
                          "\n".join(self.complaints(
                              chapter(Run=BLOCK, Rules=table))))

    def test_form_and_length_are_held_to(self):
        good = chapter(Run=BLOCK, Rules=TABLE)
        self.assert_complaint("\"Exercises\" stands where",
                              good.replace("## What is still wrong\n", ""))
        self.assert_complaint("the title is not",
                              good.replace("# Stage 0:", "# Stage 1:"))
        self.assert_complaint("words, a chapter has",
                              chapter(1000, Run=BLOCK, Rules=TABLE))
        self.assert_complaint("there is no nowhere.h",
                              good + "[a link](nowhere.h)")

    def test_ports_are_put_in_and_taken_out(self):
        ports = chapters.Ports()
        self.addCleanup(ports.release)
        other = chapters.Ports()
        self.addCleanup(other.release)
        self.assertNotEqual(ports.base, other.base)
        first = ports.base // 10
        self.assertEqual(
            f"127.0.0.1:{first}1 {first}$id {first + 10}5 17001 70012",
            ports.put_into("127.0.0.1:7001 700$id 7105 17001 70012"))
        self.assertEqual(
            "at 127.0.0.1:7002, pid 5",
            ports.take_out_of(f"at 127.0.0.1:{ports.base + 2}, pid 5"))


if __name__ == "__main__":
    unittest.main()
