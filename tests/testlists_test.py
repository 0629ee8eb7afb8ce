#!/usr/bin/env python3
"""Sees that TESTLISTS.md names tests that exist, and a reason where it doesn't.

A row names each test as `FILE_test.cc` `NAME`: the file is the source of a
suite that Bazel knows, and NAME is registered in it. [since stage6_election]
"""
import pathlib
import re
import tempfile
import unittest

TREE = pathlib.Path(__file__).resolve().parent.parent
LIST = "tests/TESTLISTS.md"

HEADING = re.compile(r"## (.*): (\d+) ideas")
TEST = re.compile(r"`(\w+_test)\.cc` `(\w+)`")
REASON = re.compile(r"no test: .+")


def sources(root):
    """The text of each suite's source, by the suite's name."""
    return {path.stem: path.read_text(encoding="utf-8")
            for place in ("common", "tests")
            for path in (root / place).glob("*_test.cc")}


def declarations(root):
    """What Bazel reads of the directories of the suites."""
    return "\n".join(path.read_text(encoding="utf-8")
                     for place in ("common", "tests")
                     for path in sorted((root / place).iterdir())
                     if path.name == "BUILD" or path.suffix == ".bzl")


def place_complaints(cell, known, declared):
    """What is wrong with the last cell of a row."""
    if REASON.fullmatch(cell):
        return
    for part in cell.split("; "):
        test = TEST.fullmatch(part)
        if not test:
            yield f"{part!r} is neither a test nor \"no test: \" and a reason"
            continue
        suite, name = test.groups()
        if suite not in known:
            yield f"there is no {suite}.cc"
        elif f'"{suite}"' not in declared:
            yield f"no suite is called {suite}"
        elif f"CPPUNIT_TEST({name});" not in known[suite]:
            yield f"{suite}.cc runs no {name}"


def complaints(root):
    known, declared = sources(root), declarations(root)
    section, expected, ideas = None, 0, []

    def count_complaints():
        if section and len(ideas) != expected:
            yield f"\"{section}\" has {len(ideas)} ideas, not {expected}"

    text = (root / LIST).read_text(encoding="utf-8")
    for number, line in enumerate(text.split("\n"), 1):
        heading = HEADING.fullmatch(line)
        if heading:
            yield from count_complaints()
            section, expected, ideas = heading[1], int(heading[2]), []
        elif line.startswith("## "):
            yield f"{number}: the title lacks its number of ideas"
        if not line.startswith("| ") or line.startswith("| Idea |"):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 4 or not all(cells):
            yield f"{number}: a row has four filled cells"
            continue
        if cells[0] in ideas:
            yield f"{number}: {cells[0]} is there twice"
        ideas.append(cells[0])
        for complaint in place_complaints(cells[3], known, declared):
            yield f"{number}: {complaint}"
    yield from count_complaints()
    if not section:
        yield "there are no ideas"


class TestlistsTest(unittest.TestCase):

    def test_each_idea_has_a_test_or_a_reason(self):
        self.assertEqual([], list(complaints(TREE)))


class ComplaintsTest(unittest.TestCase):

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)
        self.write("common/BUILD", "")
        self.write("tests/BUILD", 'name = "x_test"')
        self.write("tests/x_test.cc", "CPPUNIT_TEST(it_runs);\nit_is_idle();")
        self.write("tests/y_test.cc", "CPPUNIT_TEST(it_runs);")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def complaints(self, *places, ideas=None):
        text = f"## A course: {ideas or len(places)} ideas\n\n"
        text += "| Idea | What it checks | From | Where |\n|---|---|---|---|\n"
        for number, place in enumerate(places):
            text += f"| `Test{number}` | it | S0 | {place} |\n"
        self.write(LIST, text)
        return list(complaints(self.root))

    def test_what_exists_is_fine(self):
        self.assertEqual([], self.complaints(
            "`x_test.cc` `it_runs`", "no test: for fun",
            "`x_test.cc` `it_runs`; `x_test.cc` `it_runs`"))

    def test_what_does_not_exist_is_found(self):
        for place, words in (
                ("`z_test.cc` `it_runs`", "there is no z_test.cc"),
                ("`y_test.cc` `it_runs`", "no suite is called y_test"),
                ("`x_test.cc` `it_is_idle`", "runs no it_is_idle"),
                ("`x_test.cc` `it_run`", "runs no it_run"),
                ("`x_test.cc` `it_runs`; `x_test.cc` `it`", "runs no it")):
            found = self.complaints(place)
            self.assertEqual(1, len(found), place)
            self.assertIn(words, found[0])

    def test_a_row_without_a_test_has_a_reason(self):
        for place in ("soon", "no test: ", "no test", "`x_test.cc`"):
            found = self.complaints(place)
            self.assertEqual(1, len(found), place)
            self.assertIn("is neither a test nor", found[0])

    def test_a_row_is_complete(self):
        self.assertIn("four filled cells", self.complaints("", ideas=9)[0])

    def test_no_idea_gets_lost_or_comes_twice(self):
        there = "`x_test.cc` `it_runs`"
        self.assertEqual(["\"A course\" has 1 ideas, not 2"],
                         self.complaints(there, ideas=2))
        self.write(LIST, "# Nothing\n")
        self.assertEqual(["there are no ideas"], list(complaints(self.root)))
        row = f"| `Test` | it | S0 | {there} |\n"
        self.write(LIST, "## A course: 2 ideas\n" + 2 * row)
        self.assertEqual(["3: `Test` is there twice"],
                         list(complaints(self.root)))


if __name__ == "__main__":
    unittest.main()
