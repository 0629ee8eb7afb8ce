#!/usr/bin/env python3
"""Tests of stages.py, on small made-up stages in temporary directories.

Run it by `python3 tools/stages_test.py`. It needs git, and nothing of the
repository that it stands in but stages.py and stages_html.py.
"""
import contextlib
import io
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
TOOLS = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, TOOLS)
import stages  # noqa: E402 (The path must be set first.)

A, B, C = "stage0_a", "stage1_b", "stage2_c"
LINES = [f"int line_{n}();\n" for n in range(1, 21)]
BASE = "".join(LINES)

# Put together here, so that this file has no markers of its own.
END = "# [end " + "since]\n"


def since(stage):
    return f"# [since {stage}]\n"


def edited(text, **lines):
    """The text with lines replaced: edited(BASE, line_3="int x();")."""
    for name, new in lines.items():
        assert f"int {name}();" in text
        text = text.replace(f"int {name}();", new)
    return text


def budget(lines, removed, moved, reason="It is a large idea."):
    return (f"# A stage\n\nLesson budget: {lines} lines, {removed} % removed, "
            f"{moved} moved. Reason: {reason}\n")


class StagesTest(unittest.TestCase):
    """A directory with stages, and stages.py run on it."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        self.root = self.scratch / "root"
        self.root.mkdir()
        # Where stages.py puts its own temporary files.
        self.temporary = self.scratch / "temporary"
        self.temporary.mkdir()
        usual = tempfile.tempdir
        tempfile.tempdir = str(self.temporary)
        self.addCleanup(setattr, tempfile, "tempdir", usual)

    def tearDown(self):
        self.assertEqual([], os.listdir(self.temporary))

    def put(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def get(self, path):
        path = self.root / path
        return path.read_text(encoding="utf-8") if path.exists() else None

    def run_main(self, *args, root=None):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = stages.main(
                    ["--root", str(root or self.root)] + list(args))
            except SystemExit as end:
                status = end.code
        return status, out.getvalue(), err.getvalue()

    def succeeds(self, *args, root=None):
        status, out, err = self.run_main(*args, root=root)
        self.assertEqual((0, ""), (status, err))
        return out

    def fails(self, *args, status=1):
        """Returns what is said about it."""
        got, _, err = self.run_main(*args)
        self.assertEqual(status, got, err)
        return err

    def git(self, *args, root=None):
        return subprocess.run(("git",) + args, cwd=root or self.root,
                              check=True, capture_output=True,
                              text=True).stdout

    def commit(self):
        if not (self.root / ".git").exists():
            self.git("init", "-q", "--template=")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")

    def put_three(self):
        """Three stages; each adds a line at the end of x.cc."""
        self.put(f"{A}/x.cc", BASE)
        self.put(f"{B}/x.cc", BASE + "int b();\n")
        self.put(f"{C}/x.cc", BASE + "int b();\nint c();\n")


class CheckTest(StagesTest):
    def setUp(self):
        super().setUp()
        self.put_three()
        self.succeeds("bless")

    def test_true_lessons_are_ok_one_line_a_stage(self):
        self.assertEqual(
            [f"{A}  the first stage, ok",
             f"{B}  1 lines changed, 0.0 % removed, 0 moved, ok",
             f"{C}  1 lines changed, 0.0 % removed, 0 moved, ok"],
            self.succeeds("check").splitlines())

    def test_check_works_through_links_from_anywhere_without_git(self):
        runfiles = self.scratch / "runfiles"
        for path in list(self.root.rglob("*.*")) + [
                pathlib.Path(TOOLS) / "stages.py"]:
            inside = (path.relative_to(self.root) if self.root in path.parents
                      else pathlib.Path("tools/stages.py"))
            (runfiles / inside).parent.mkdir(parents=True, exist_ok=True)
            (runfiles / inside).symlink_to(path)
        done = subprocess.run(
            [sys.executable, runfiles / "tools/stages.py", "check"], cwd="/",
            env={"PATH": ""}, capture_output=True, text=True)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertIn(f"{C}  1 lines changed", done.stdout)

    def test_a_stage_that_drifts_is_a_complaint(self):
        self.put(f"{A}/x.cc", edited(BASE, line_3="int fixed();"))
        said = self.fails("check")
        self.assertIn(f"{B}/lesson.diff is not the difference from {A}", said)
        self.assertIn("cascade", said)
        self.assertNotIn(f"{C}/", said)

    def test_a_fix_in_every_stage_is_no_news_unless_it_is_close_by(self):
        for stage in (A, B, C):
            self.put(f"{stage}/x.cc", "// Shifts all lines.\n"
                     + self.get(f"{stage}/x.cc"))
        self.succeeds("check")

        for stage in (A, B, C):
            self.put(f"{stage}/x.cc", edited(self.get(f"{stage}/x.cc"),
                                             line_20="int near();"))
        said = self.fails("check")
        self.assertIn(f"{B}/lesson.diff shows old surroundings", said)
        self.assertNotIn("is not the difference", said)

    def test_a_missing_lesson_is_a_complaint(self):
        (self.root / B / "lesson.diff").unlink()
        self.assertIn(f"{B}/lesson.diff is missing", self.fails("check"))

    def test_the_first_stage_has_no_lesson(self):
        self.put(f"{A}/lesson.diff", "")
        self.assertIn(f"{A}/lesson.diff: the first", self.fails("check"))
        self.assertIn("removed", self.succeeds("bless"))
        self.assertFalse((self.root / A / "lesson.diff").exists())
        self.succeeds("check")

    def test_tests_are_no_part_of_the_lesson(self):
        self.put(f"{B}/x_test.cc", "int t();\n" * 500)
        self.succeeds("check")

    def test_a_line_feed_missing_at_the_end_is_a_difference(self):
        self.put(f"{B}/x.cc", BASE + "int b();")
        self.assertIn("is not the difference", self.fails("check"))

    def test_a_mention_of_a_stage_is_a_complaint(self):
        for text in ("stage3", "Stage 3", "in stage 12", "stage_3",
                     "stage3_log_repl", "stages 2"):
            with self.subTest(text):
                self.put(f"{C}/y_test.cc", f"int a;\n// See {text}.\n")
                said = self.fails("check")
                self.assertIn(f"{C}/y_test.cc:2 mentions", said)
        self.put(f"{C}/y_test.cc", "// This stage; backstage 3rd; stages.\n")
        self.succeeds("check")

    def test_an_include_from_a_stage_is_a_complaint(self):
        for text in ('#include "stage0_a/x.h"', '# include <stage0_a/x.h>',
                     '#include "../stage0_a/x.h"'):
            with self.subTest(text):
                self.put(f"{C}/y_test.cc", text + "\n")
                self.assertIn(f"{C}/y_test.cc:1 includes from stage0_a",
                              self.fails("check"))

    def test_conflict_markers_are_a_complaint(self):
        self.put(f"{C}/y_test.cc", "<<<<<<< here\nint a;\n")
        self.assertIn(f"{C}/y_test.cc has conflict markers",
                      self.fails("check"))

    def test_a_gap_between_stages_is_an_error(self):
        (self.root / B).rename(self.root / "stage5_b")
        self.assertIn(f"{A} is followed by {C}", self.fails("check"))

    def test_no_stages_is_an_error(self):
        status, out, err = self.run_main("check", root=self.temporary)
        self.assertEqual((1, ""), (status, out))
        self.assertIn("--root", err)

    def test_a_stage_without_sources_is_a_complaint(self):
        (self.root / "stage3_d").mkdir()
        self.assertIn("stage3_d: no sources", self.fails("check"))


class BudgetTest(StagesTest):
    def check(self, before, after, readme=None):
        self.put(f"{A}/x.cc", before)
        self.put(f"{B}/x.cc", after)
        if readme is not None:
            self.put(f"{B}/README.md", readme)
        self.succeeds("bless")
        return self.run_main("check")[2]

    def test_370_lines_are_within_the_budget_and_371_are_not(self):
        self.assertEqual("", self.check("", "int a;\n" * 370))
        self.assertIn(f"{B}: 371 lines change, the budget is 370",
                      self.check("", "int a;\n" * 371))

    def test_20_percent_removed_are_within_the_budget_and_more_is_not(self):
        old = "".join(f"old {n}\n" for n in range(3))
        new = "".join(f"new {n}\n" for n in range(8))
        self.assertEqual("", self.check("old 0\nold 1\n", new))
        self.assertIn("27.3 % of the changed lines are removals",
                      self.check(old, new))

    def test_six_moved_lines_are_within_the_budget_and_seven_are_not(self):
        more = "".join(f"int more_{n}();\n" for n in range(40))
        for count, is_fine in ((6, True), (7, False)):
            moved = "".join(f"int a_line_of_some_length_{n}();\n"
                            for n in range(count))
            # The larger part stays; a nested line counts as moved too.
            nested = moved.replace("int", "  int")
            said = self.check(moved + BASE * 3, BASE * 3 + more + nested)
            self.assertEqual(is_fine, said == "", said)
        self.assertIn(f"{B}: 7 lines only move, the budget is 6", said)
        self.assertIn("int a_line_of_some_length_0();", said)

    def test_short_lines_do_not_count_as_moved(self):
        short = "".join(f"f{n}();\n" for n in range(9))
        more = "".join(f"int more_{n}();\n" for n in range(40))
        self.assertEqual("", self.check(short + BASE, BASE + more + short))

    def test_a_stated_budget_with_a_reason_takes_the_place(self):
        large = "int a;\n" * 400
        self.assertEqual("", self.check("", large, budget(420, 20, 6)))
        self.assertIn("400 lines change, the budget is 390",
                      self.check("", large, budget(390, 20, 6)))

    def test_a_stated_budget_for_removals_and_moves_is_kept_to(self):
        moved = "".join(f"int a_line_of_some_length_{n}();\n"
                        for n in range(10))
        before, after = moved + BASE, BASE + moved
        self.assertEqual("", self.check(before, after, budget(370, 50, 10)))
        said = self.check(before, after, budget(370, 49.5, 9))
        self.assertIn("50.0 % of the changed lines are removals", said)
        self.assertIn("10 lines only move, the budget is 9", said)

    def test_a_paragraph_may_be_wrapped_anywhere(self):
        text = budget(420, 20, 6).replace("% removed", "%\nremoved")
        self.assertEqual("", self.check("", "int a;\n" * 400, text))

    def test_a_budget_without_a_reason_is_a_complaint(self):
        said = self.check("", "int a;\n" * 400, budget(420, 20, 6, " "))
        self.assertIn(f"{B}/README.md:3: the lesson budget has no reason",
                      said)

    def test_a_budget_in_another_form_is_a_complaint(self):
        said = self.check("", "int a;\n", "Lesson budget: many lines.\n")
        self.assertIn(f"{B}/README.md:1: write the lesson budget as", said)

    def test_two_budgets_are_a_complaint(self):
        text = budget(370, 20, 6)
        self.assertIn("2 lesson budgets: keep one",
                      self.check("", "int a;\n", text + "\n" + text))

    def test_a_budget_far_above_its_use_is_a_complaint(self):
        large = "int a;\n" * 400
        self.assertEqual("", self.check("", large, budget(500, 20, 6)))
        said = self.check("", large, budget(501, 30, 12))
        self.assertIn(f"{B}/README.md: the budget for lines is 501, but 400 "
                      "are used", said)
        self.assertIn("the budget for removed is 30 %, but 0 % are", said)
        self.assertIn("the budget for moved is 12, but 0 are", said)

    def test_a_stated_budget_that_is_the_usual_one_is_never_too_large(self):
        self.assertEqual("", self.check("", "int a;\n", budget(370, 20, 6)))


class BlessTest(StagesTest):
    def test_a_lesson_is_a_readable_diff_without_line_numbers(self):
        function = "void f() {\n" + "  g();\n" * 6
        self.put(f"{A}/x.cc", function + "  old();\n}\n")
        self.put(f"{A}/same.h", "int same;\n")
        self.put(f"{A}/gone.h", "int gone;\n")
        self.put(f"{B}/x.cc", function + "  new_one();\n\n}\n")
        self.put(f"{B}/same.h", "int same;\n")
        self.put(f"{B}/new.proto", "message M {}\n")

        out = self.succeeds("bless")

        self.assertEqual(f"{B}/lesson.diff: rewritten, read it\n", out)
        self.assertEqual(
            f"From {A} to {B}: 5 lines changed, 40.0 % removed, 0 moved.\n"
            "The same in both: same.h\n"
            f"--- {A}/gone.h\n+++ /dev/null\n@@\n-int gone;\n"
            f"--- /dev/null\n+++ {B}/new.proto\n@@\n+message M {{}}\n"
            f"--- {A}/x.cc\n+++ {B}/x.cc\n@@ void f() {{\n"
            "   g();\n   g();\n   g();\n-  old();\n+  new_one();\n+\n }\n",
            self.get(f"{B}/lesson.diff"))
        self.assertEqual(f"{B}/lesson.diff: unchanged\n",
                         self.succeeds("bless"))

    def test_a_new_function_is_shown_whole(self):
        one, three = "void f() {\n  a();\n}\n", "void h() {\n  a();\n}\n"
        new = "void g() {\n  b();\n}\n"
        self.put(f"{A}/x.cc", "\n".join((one, three)) + BASE)
        self.put(f"{B}/x.cc", "\n".join((one, new, three)) + BASE)
        self.succeeds("bless")
        self.assertIn("+void g() {\n+  b();\n+}\n+\n void h() {",
                      self.get(f"{B}/lesson.diff"))

    def test_a_new_declaration_is_shown_with_its_own_comment(self):
        self.put(f"{A}/x.h", "// Doc.\nf();\n\n// Doc.\nh();\n")
        self.put(f"{B}/x.h", "// Doc.\nf();\n\n// Doc.\ng();\n\n"
                 "// Doc.\nh();\n")
        self.succeeds("bless")
        self.assertIn(" f();\n\n+// Doc.\n+g();\n+\n // Doc.\n h();\n",
                      self.get(f"{B}/lesson.diff"))

    def test_sliding_keeps_a_difference_true(self):
        """Blocks rebuild both sides, whatever has been slid where."""
        import random
        chance = random.Random(1)
        for _ in range(300):
            before = [chance.choice(["", "a", " b", "}"]) for _ in range(12)]
            after = [line for line in before if chance.random() < 0.8]
            for _ in range(chance.randrange(5)):
                after.insert(chance.randrange(len(after) + 1),
                             chance.choice(["", "a", " b", "}"]))
            i = j = 0
            for block in stages.align(before, after):
                self.assertEqual((i, j), (block.i, block.j))
                i, j = block.i_end, block.j_end
                if block.kind == "equal":
                    self.assertEqual(before[block.i:i], after[block.j:j])
            self.assertEqual((len(before), len(after)), (i, j))

    def test_lines_that_look_like_headers_are_counted(self):
        self.put(f"{A}/x.cc", "-- a;\n" + BASE)
        self.put(f"{B}/x.cc", "++ a;\n" + BASE)
        self.succeeds("bless")
        self.assertIn("2 lines changed", self.get(f"{B}/lesson.diff"))


class CascadeTest(StagesTest):
    def setUp(self):
        super().setUp()
        self.put_three()
        self.commit()

    def test_a_fix_reaches_each_later_stage(self):
        self.put(f"{A}/x.cc", edited(BASE, line_3="int fixed();"))
        out = self.succeeds("cascade", "0")
        self.assertIn(f"{B}: merged x.cc\n{C}: merged x.cc\n", out)
        fixed = edited(BASE, line_3="int fixed();")
        self.assertEqual(fixed + "int b();\n", self.get(f"{B}/x.cc"))
        self.assertEqual(fixed + "int b();\nint c();\n",
                         self.get(f"{C}/x.cc"))

    def test_an_earlier_stage_is_left_alone(self):
        self.put(f"{B}/x.cc", "int top();\n" + self.get(f"{B}/x.cc"))
        self.succeeds("cascade", B)
        self.assertEqual(BASE, self.get(f"{A}/x.cc"))
        self.assertTrue(self.get(f"{C}/x.cc").startswith("int top();"))

    def test_a_second_run_changes_nothing(self):
        self.put(f"{A}/x.cc", edited(BASE, line_3="int fixed();"))
        self.succeeds("cascade", A)
        once = self.get(f"{C}/x.cc")
        self.assertIn(f"{C}: already so x.cc",
                      self.succeeds("cascade", A))
        self.assertEqual(once, self.get(f"{C}/x.cc"))

    def test_tests_and_build_files_are_carried_and_chapters_are_not(self):
        for name in ("BUILD", "x_test.cc", "README.md"):
            for stage in (A, B, C):
                self.put(f"{stage}/{name}", BASE)
        self.commit()
        for name in ("BUILD", "x_test.cc", "README.md"):
            self.put(f"{A}/{name}", edited(BASE, line_3="fixed"))
        out = self.succeeds("cascade", A)
        self.assertIn("not carried, each stage has its own: README.md", out)
        self.assertIn("fixed", self.get(f"{C}/BUILD"))
        self.assertIn("fixed", self.get(f"{C}/x_test.cc"))
        self.assertEqual(BASE, self.get(f"{C}/README.md"))

    def test_a_new_file_is_created_with_its_mode(self):
        self.put(f"{A}/n.h", "int n;\n")
        (self.root / A / "n.h").chmod(0o755)
        self.assertIn(f"{C}: created n.h", self.succeeds("cascade", A))
        self.assertEqual("int n;\n", self.get(f"{C}/n.h"))
        self.assertTrue(os.access(self.root / C / "n.h", os.X_OK))

    def test_a_new_file_that_a_later_stage_has_otherwise_is_a_conflict(self):
        self.put(f"{C}/n.h", "int other;\n")
        self.commit()
        self.put(f"{A}/n.h", "int n;\n")
        said = self.fails("cascade", A)
        self.assertIn(f"{C}/n.h has conflicts", said)
        self.assertEqual("int n;\n", self.get(f"{B}/n.h"))
        self.assertIn("int other;", self.get(f"{C}/n.h"))

    def test_a_deleted_file_is_deleted_where_it_is_the_same(self):
        for stage in (A, B, C):
            self.put(f"{stage}/n.h", "int n;\n")
        self.commit()
        (self.root / A / "n.h").unlink()
        self.assertIn(f"{C}: deleted n.h", self.succeeds("cascade", A))
        self.assertIsNone(self.get(f"{B}/n.h"))
        self.assertIsNone(self.get(f"{C}/n.h"))

    def test_a_file_deleted_by_hand_too_is_deleted_further_on(self):
        for stage in (A, B, C):
            self.put(f"{stage}/n.h", "int n;\n")
        self.commit()
        (self.root / A / "n.h").unlink()
        (self.root / B / "n.h").unlink()
        self.assertIn(f"{B}: already so n.h\n{C}: deleted n.h\n",
                      self.succeeds("cascade", A))

    def test_a_deleted_file_that_differs_is_a_conflict_and_stays(self):
        for stage in (A, B, C):
            self.put(f"{stage}/n.h", f"int n_{stage[-1]};\n")
        self.commit()
        (self.root / A / "n.h").unlink()
        said = self.fails("cascade", A)
        self.assertIn(f"{B}/n.h differs from the file that {A} deletes", said)
        self.assertEqual("int n_b;\n", self.get(f"{B}/n.h"))

    def test_a_file_that_the_lesson_has_dropped_is_not_brought_back(self):
        self.put(f"{A}/n.h", "int n;\n")
        self.commit()
        self.put(f"{A}/n.h", "int m;\n")
        self.assertIn(f"{B}: not there n.h", self.succeeds("cascade", A))
        self.assertIsNone(self.get(f"{B}/n.h"))

    def test_a_file_deleted_by_hand_but_changed_before_is_a_conflict(self):
        self.put(f"{A}/x.cc", edited(BASE, line_3="int fixed();"))
        (self.root / B / "x.cc").unlink()
        said = self.fails("cascade", A)
        self.assertIn(f"{B}/x.cc is deleted, but {A} changes it", said)
        self.assertIsNone(self.get(f"{B}/x.cc"))
        self.assertNotIn("fixed", self.get(f"{C}/x.cc"))

    def test_a_conflict_stops_and_its_resolution_is_carried_on(self):
        self.put(f"{B}/x.cc", edited(self.get(f"{B}/x.cc"),
                                     line_3="int lesson();"))
        self.put(f"{C}/x.cc", edited(self.get(f"{C}/x.cc"),
                                     line_3="int lesson();"))
        self.put(f"{A}/y.h", BASE)
        self.put(f"{B}/y.h", BASE)
        self.put(f"{C}/y.h", BASE)
        self.commit()
        before = self.get(f"{C}/x.cc")
        self.put(f"{A}/x.cc", edited(BASE, line_3="int fixed();"))
        self.put(f"{A}/y.h", edited(BASE, line_9="int nine();"))

        said = self.fails("cascade", A)

        self.assertIn(f"{B}/x.cc has conflicts", said)
        self.assertIn(f"stages.py cascade {B}", said)
        text = self.get(f"{B}/x.cc")
        self.assertIn(f"<<<<<<< {B}\nint lesson();\n", text)
        self.assertIn(f"int fixed();\n>>>>>>> {A}\n", text)
        self.assertIn("int nine();", self.get(f"{B}/y.h"))
        self.assertEqual(before, self.get(f"{C}/x.cc"))
        self.assertEqual(BASE, self.get(f"{C}/y.h"))

        # Unresolved, nothing goes on from either end.
        self.assertIn(f"{B}/x.cc has conflict markers",
                      self.fails("cascade", A))
        self.assertIn(f"{B} has conflict markers in x.cc",
                      self.fails("cascade", B))
        self.assertEqual(before, self.get(f"{C}/x.cc"))

        resolved = edited(BASE, line_3="int fixed_lesson();") + "int b();\n"
        self.put(f"{B}/x.cc", resolved)
        self.assertIn(f"stages.py cascade {B}", self.fails("cascade", A))
        self.assertEqual(resolved, self.get(f"{B}/x.cc"))
        self.succeeds("cascade", B)
        self.assertEqual(resolved + "int c();\n", self.get(f"{C}/x.cc"))
        self.assertIn("int nine();", self.get(f"{C}/y.h"))

    def test_uncommitted_work_in_a_later_stage_is_refused_until_added(self):
        self.put(f"{A}/x.cc", edited(BASE, line_3="int fixed();"))
        mine = edited(self.get(f"{C}/x.cc"), line_12="int mine();")
        self.put(f"{C}/x.cc", mine)
        said = self.fails("cascade", A)
        self.assertIn(f"uncommitted changes in {C}/x.cc", said)
        self.assertIn("nothing was changed", said)
        self.assertEqual(mine, self.get(f"{C}/x.cc"))
        self.assertNotIn("fixed", self.get(f"{B}/x.cc"))

        self.git("add", f"{C}/x.cc")
        self.succeeds("cascade", A)
        self.assertEqual(edited(mine, line_3="int fixed();"),
                         self.get(f"{C}/x.cc"))

    def test_an_untracked_file_in_a_later_stage_is_not_overwritten(self):
        self.put(f"{A}/n.h", "int n;\n")
        self.put(f"{B}/n.h", "int mine;\n")
        self.assertIn(f"uncommitted changes in {B}/n.h",
                      self.fails("cascade", A))
        self.assertEqual("int mine;\n", self.get(f"{B}/n.h"))

    def test_other_uncommitted_files_do_not_matter(self):
        self.put(f"{A}/x.cc", edited(BASE, line_3="int fixed();"))
        self.put(f"{B}/other.cc", "int other;\n")
        self.succeeds("cascade", A)
        self.assertIsNone(self.get(f"{C}/other.cc"))

    def test_since_carries_what_is_committed_already(self):
        self.put(f"{A}/x.cc", edited(BASE, line_3="int fixed();"))
        self.commit()
        self.assertIn("nothing to carry", self.succeeds("cascade", A))
        self.succeeds("cascade", A, "--since", "HEAD~1")
        self.assertIn("int fixed();", self.get(f"{C}/x.cc"))
        self.assertIn("nowhere is no commit",
                      self.fails("cascade", A, "--since", "nowhere"))

    def test_the_index_is_not_touched(self):
        self.put(f"{A}/x.cc", edited(BASE, line_3="int fixed();"))
        self.git("add", f"{A}/x.cc")
        before = (self.root / ".git/index").read_bytes()
        self.succeeds("cascade", A)
        self.assertEqual(before, (self.root / ".git/index").read_bytes())

    def test_a_write_that_fails_names_what_was_written(self):
        self.put(f"{A}/n.h", "int n;\n")
        self.put(f"{A}/sub/n.h", "int n;\n")
        self.put(f"{B}/sub", "a file where a directory must be\n")
        self.commit()
        self.put(f"{A}/n.h", "int m;\n")
        self.put(f"{A}/new.h", "int new_one;\n")
        self.put(f"{A}/sub/new.h", "int new_two;\n")
        said = self.fails("cascade", A)
        self.assertIn(f"{B}/sub/new.h: ", said)
        self.assertIn(f"after {B}/new.h", said)

    def test_the_last_stage_has_nobody_to_carry_to(self):
        self.put(f"{C}/x.cc", BASE)
        self.assertIn("is the last stage", self.succeeds("cascade", C))

    def test_without_a_repository_there_is_one_line(self):
        subprocess.run(["rm", "-r", self.root / ".git"], check=True)
        said = self.fails("cascade", A)
        self.assertEqual(1, said.count("\n"), said)


class TwoFilesTest(StagesTest):
    """No tests of its own: the stages of the next two."""

    def setUp(self):
        super().setUp()
        self.put_three()
        for stage in (A, B, C):
            self.put(f"{stage}/same.h", "int same;\n")
        self.put(f"{B}/y.h", "// <script>alert('&')</script>\n")
        self.put(f"{C}/y.h", "// <b>alert('&')</b>\n")


class DiffTest(TwoFilesTest):
    def test_a_stage_has_three_names_and_a_default_neighbour(self):
        full = self.succeeds("diff", A, B)
        self.assertIn(f"--- {A}/x.cc\n+++ {B}/x.cc\n"
                      "@@ -18,3 +18,4 @@ int line_17();\n", full)
        self.assertIn("\n+int b();\n", full)
        self.assertIn("The same in both: same.h\n", full)
        for args in (["1"], ["stage1"], [f"{B}/"], ["0", "1"],
                     ["stage0", "1"]):
            self.assertEqual(full, self.succeeds("diff", *args), args)

    def test_two_stages_may_be_far_apart_and_backwards(self):
        self.assertIn("\n+int b();\n+int c();\n",
                      self.succeeds("diff", "0", "2"))
        self.assertIn("\n-int b();\n-int c();\n",
                      self.succeeds("diff", "2", "0"))

    def test_files_are_chosen_by_name_or_stem(self):
        out = self.succeeds("diff", "2", "y")
        self.assertIn("y.h", out)
        self.assertNotIn("x.cc", out)
        self.assertEqual(out, self.succeeds("diff", "1", "2", "y.h"))

    def test_tests_and_build_files_are_shown_on_demand(self):
        self.put(f"{B}/BUILD", "build\n")
        self.put(f"{B}/x_test.cc", "int t;\n")
        self.assertNotIn("BUILD", self.succeeds("diff", "1"))
        self.assertNotIn("x_test", self.succeeds("diff", "1"))
        out = self.succeeds("diff", "1", "--all")
        self.assertIn("+build", out)
        self.assertIn("+int t;", out)
        self.assertIn("+build", self.succeeds("diff", "1", "BUILD"))

    def test_usage_errors_exit_2_in_one_line(self):
        for args, text in ((["diff", "9"], "there is no stage '9'"),
                           (["diff", "0"], "is the first stage"),
                           (["diff", "1", "none.h"], "has 'none.h'"),
                           (["cascade", "x"], "there is no stage 'x'")):
            said = self.fails(*args, status=2)
            self.assertIn(text, said)
            self.assertEqual(1, said.count("\n"))
        self.fails("unknown", status=2)
        self.fails(status=2)

    def test_a_pipe_gets_no_colour_and_a_terminal_does(self):
        self.assertNotIn("\033", self.succeeds("diff", "1"))
        self.assertNotIn("\033", self.succeeds("diff", "1",
                                               "--side-by-side"))

        class Terminal(io.StringIO):
            def isatty(self):
                return True

        for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
            out = Terminal()
            with contextlib.redirect_stdout(out), changed_environment(
                    NO_COLOR=variables.get("NO_COLOR")):
                stages.main(["--root", str(self.root), "diff", "1"])
            self.assertEqual(coloured,
                             "\033[32m+int b();\033[0m" in out.getvalue())

    def test_two_columns_fit_the_width(self):
        self.put(f"{B}/w.h", "int " + "long_" * 30 + ";\n")
        with changed_environment(COLUMNS="61"):
            out = self.succeeds("diff", "1", "--side-by-side")
        self.assertLessEqual(max(map(len, out.splitlines())), 61)
        self.assertIn("int line_20();".ljust(29) + "   int line_20();\n"
                      + " " * 29 + " > int b();\n", out)
        with changed_environment(COLUMNS="61"):
            out = self.succeeds("diff", "2", "y", "--side-by-side")
        self.assertIn("// <script>alert('&')</script | // <b>alert('&')</b>\n"
                      ">" + " " * 29 + "|\n", out)

    def test_a_closed_pipe_is_no_error_message(self):
        self.put(f"{B}/big.h", "int a;\n" * 50000)
        done = subprocess.Popen(
            [sys.executable, f"{TOOLS}/stages.py", "--root", self.root,
             "diff", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        done.stdout.read(10)
        done.stdout.close()
        self.assertEqual(b"", done.stderr.read())
        done.stderr.close()
        done.wait()


class PageTest(TwoFilesTest):
    def page(self, *args):
        out = self.scratch / "out.html"
        said = self.succeeds("diff", *args, "--html", str(out), "--no-open")
        self.assertEqual(f"wrote {out}\n", said)
        return out.read_text(encoding="utf-8")

    def test_all_text_is_escaped_and_words_are_marked(self):
        page = self.page("2", "y.h")
        self.assertNotIn("<script>alert", page)
        self.assertNotIn("<b>", page)
        self.assertIn("&lt;<del>script</del>&gt;alert(&#x27;&amp;&#x27;)"
                      "&lt;/<del>script</del>&gt;", page)
        self.assertIn("&lt;<ins>b</ins>&gt;alert", page)

    def test_long_equal_stretches_are_folded_with_all_lines_inside(self):
        page = self.page("1", "x.cc")
        self.assertEqual(1, page.count("<details>"))
        fold = page[page.index("<details>"):page.index("</details>")]
        self.assertIn("17 unchanged lines", fold)
        self.assertIn("line_17()", fold)
        rest = page.replace(fold, "")
        self.assertNotIn("line_17();</td>", rest)
        for n in (18, 19, 20):
            self.assertEqual(2, rest.count(f">int line_{n}();</td>"))

    def test_the_index_counts_and_names_the_identical_files(self):
        page = self.page("2")
        self.assertIn(f"<title>{B} \u2192 {C}</title>", page)
        nav = page[page.index("<nav>"):page.index("</nav>")]
        self.assertIn('<a href="#file0"><span class="name">x.cc</span>'
                      '<span class="counts"><span class="added">+1</span> '
                      '<span class="removed">\u22120</span>', nav)
        self.assertIn('<li class="same">same.h</li>', nav)
        self.assertIn("byte for byte: same.h.", page)
        self.assertEqual(2, page.count('<tr class="change">'))

    def test_new_and_deleted_files_have_one_column(self):
        for args, what in ((("1", "y.h"), "new"), (("1", "0", "y.h"),
                                                   "deleted")):
            page = self.page(*args)
            self.assertIn(f'<span class="what">{what}</span>', page)
            self.assertEqual(1, page.count("<col>"))

    def test_the_page_needs_nothing_from_elsewhere(self):
        page = self.page("1")
        for word in ("http:", "https:", "src=", "@import", "url("):
            self.assertNotIn(word, page)
        for word in ("prefers-color-scheme: dark", "@media print"):
            self.assertIn(word, page)

    def test_every_line_of_both_sides_is_there_in_order(self):
        before = "".join(f"a {n} x\n" for n in range(9)) + BASE
        after = "z\n" + "".join(f"a {n} y\n" for n in range(3, 12)) + BASE
        self.put(f"{A}/x.cc", before)
        self.put(f"{B}/x.cc", after)
        file = stages.compare(self.root / A, self.root / B,
                              lambda name: name == "x.cc")[0]
        rows = list(file.rows(file.blocks))
        lefts = [(r.number, r.left) for r in rows if r.number is not None]
        rights = [(r.other, r.right) for r in rows if r.other is not None]
        self.assertEqual(list(enumerate(before.splitlines(), 1)), lefts)
        self.assertEqual(list(enumerate(after.splitlines(), 1)), rights)
        self.assertIn(("a 3 x", "a 3 y", True),
                      [(r.left, r.right, r.similar) for r in rows])

    def test_without_a_name_the_page_is_a_temporary_file(self):
        for args in (("diff", "--html", "0", "1"), ("diff", "1", "--html")):
            out = self.succeeds(*args, "--no-open")
            path = pathlib.Path(out.split()[1])
            self.assertEqual(f"{A}-{B}.html", path.name)
            self.assertIn(self.temporary, path.parents)
            path.unlink()
            path.parent.rmdir()

    def test_a_page_that_cannot_be_written_is_one_line(self):
        said = self.fails("diff", "1", "--no-open", "--html",
                          str(self.scratch / "none" / "out.html"))
        self.assertIn("cannot write", said)
        self.assertEqual(1, said.count("\n"))


class TagsTest(StagesTest):
    def setUp(self):
        super().setUp()
        self.put_three()
        self.put(f"{A}/README.md", "# Stage 0: a store\n\n| card | b |\n\n"
                 "A map behind\na socket.\n\nMore.\n")
        self.put(f"{B}/README.md", "# Stage 1: a client\nIt retries.\n")
        self.put("common/c.h", "int c;\n")
        self.put("tests/BUILD", "all\n" + since(B) + "from b\n" + END
                 + since(C) + "from c\n" + END + "end\n")
        self.put("tests/late.sh", "#!/bin/sh\n" + since(C) + "run c\n")
        (self.root / "tests/late.sh").chmod(0o755)
        self.commit()

    def show(self, spec, root=None):
        return self.git("show", spec, root=root)

    def files(self, tag):
        return self.git("ls-tree", "-r", "--name-only", tag).split()

    def tag_ids(self, root=None):
        return self.git("for-each-ref", "refs/tags", root=root)

    def test_a_tag_holds_the_shared_files_and_the_stages_so_far(self):
        out = self.succeeds("tags")
        self.assertEqual([A, B, C], [l.split()[0] for l in out.splitlines()])
        self.assertEqual(3, out.count("created"))
        first = ["common/c.h", f"{A}/README.md", f"{A}/x.cc", "tests/BUILD"]
        self.assertEqual(first, self.files(A))
        self.assertEqual(
            sorted(first + [f"{B}/README.md", f"{B}/x.cc"]), self.files(B))
        changed = self.git("diff", "--name-only", A, B, "--").split()
        self.assertEqual([f"{B}/README.md", f"{B}/x.cc", "tests/BUILD"],
                         changed)

    def test_the_last_tag_has_the_tree_of_head_and_its_modes(self):
        self.succeeds("tags")
        self.assertEqual(self.git("rev-parse", "HEAD^{tree}"),
                         self.git("rev-parse", f"{C}^{{tree}}"))
        self.assertIn("100755", self.git("ls-tree", C, "tests/late.sh"))

    def test_the_tags_are_annotated_on_one_line_of_commits(self):
        self.succeeds("tags")
        self.assertEqual("tag\n", self.git("cat-file", "-t", A))
        self.assertEqual(
            self.git("rev-parse", f"{C}^{{}}", f"{B}^{{}}", f"{A}^{{}}"),
            self.git("log", "--format=%H", C, "--"))
        self.assertEqual(
            "Stage 0: a store\n\nA map behind a socket.\n",
            self.git("for-each-ref", "--format=%(contents)",
                     f"refs/tags/{A}").rstrip("\n") + "\n")
        self.assertEqual("Stage 1: a client\n\nIt retries.\n",
                         self.git("log", "-1", "--format=%B", B, "--")[:-1])
        self.assertEqual(f"{C}\n",
                         self.git("log", "-1", "--format=%s", C, "--"))

    def test_marked_blocks_are_left_out_before_their_stage(self):
        self.succeeds("tags")
        self.assertEqual("all\nend\n", self.show(f"{A}:tests/BUILD"))
        self.assertEqual(
            "all\n" + since(B) + "from b\n" + END + "end\n",
            self.show(f"{B}:tests/BUILD"))
        self.assertEqual(self.get("tests/BUILD"),
                         self.show(f"{C}:tests/BUILD"))

    def test_a_marked_file_may_have_blocks_too(self):
        self.put("tests/both.sh", since(B) + "from b\n" + since(C)
                 + "from c\n" + END)
        self.commit()
        self.succeeds("tags")
        self.assertNotIn("tests/both.sh", self.files(A))
        self.assertEqual(since(B) + "from b\n",
                         self.show(f"{B}:tests/both.sh"))

    def test_markers_inside_a_stage_and_in_prose_mean_nothing(self):
        self.put(f"{A}/notes.md", since(C) + "kept\n")
        self.put("notes.md", "A block ends by [end " + "since], alone.\n")
        self.commit()
        self.succeeds("tags")
        self.assertIn("kept", self.show(f"{A}:{A}/notes.md"))
        self.assertIn("notes.md", self.files(A))

    def test_the_tools_that_describe_the_markers_have_none(self):
        names = ("stages.py", "stages_html.py", "stages_test.py")
        for name in names:
            self.put(f"tools/{name}", (pathlib.Path(TOOLS) / name).read_text(
                encoding="utf-8"))
        self.commit()
        self.succeeds("tags")
        for name in names:
            self.assertEqual(self.get(f"tools/{name}"),
                             self.show(f"{A}:tools/{name}"))

    def test_markers_that_make_no_sense_are_refused(self):
        top = "\n" * 9
        for text, said in (
                (since("stage9_x") + "a\n" + END, "names stage9_x"),
                (top + since(B) + "a\n", ":10 begins a part that does not"),
                (top + since(B) + since(C) + END, ":10 begins a part"),
                ("a\n" + END, ":2 ends a part that nothing has begun")):
            with self.subTest(said):
                self.put("tests/bad", text)
                self.commit()
                self.assertIn(said, self.fails("tags"))
                self.assertEqual("", self.tag_ids())

    def test_equal_trees_have_equal_tags_whatever_their_history(self):
        self.succeeds("tags")
        other = self.scratch / "other"
        self.git("clone", "-q", "--no-tags", str(self.root), str(other))
        with changed_environment(GIT_AUTHOR_NAME="Other",
                                 GIT_COMMITTER_DATE="2001-01-01T00:00:00"):
            self.git("commit", "-q", "--allow-empty", "-m", "y", root=other)
        self.assertNotEqual(self.git("rev-parse", "HEAD"),
                            self.git("rev-parse", "HEAD", root=other))
        self.succeeds("tags", root=other)
        self.assertEqual(self.tag_ids(), self.tag_ids(root=other))
        self.assertIn(A, self.tag_ids())
        self.assertEqual(
            "1403136120 1403136060 1403136000",
            " ".join(self.git("log", "--format=%at", C, "--").split()))

    def test_tags_that_differ_are_replaced_by_force_only(self):
        self.succeeds("tags")
        self.assertEqual(3, self.succeeds("tags").count("unchanged"))
        before = self.tag_ids()
        self.put(f"{B}/x.cc", "int other;\n")
        self.commit()
        said = self.fails("tags")
        self.assertIn(f"{B}, {C}: tagged otherwise already", said)
        self.assertNotIn(A, said)
        self.assertEqual(before, self.tag_ids())

        out = self.succeeds("tags", "--force")
        self.assertEqual(["unchanged", "replaced", "replaced"],
                         [line.split()[-1] for line in out.splitlines()])
        self.assertEqual("int other;\n", self.show(f"{B}:{B}/x.cc"))

    def test_a_dry_run_writes_nothing(self):
        count = self.git("count-objects")
        out = self.succeeds("tags", "--dry-run")
        self.assertEqual(3, out.count("would be created"))
        self.assertEqual("", self.tag_ids())
        self.assertEqual(count, self.git("count-objects"))
        made = self.succeeds("tags")
        self.assertEqual(made.replace("created", ""),
                         out.replace("would be created", ""))

    def test_another_repository_can_have_them(self):
        other = self.scratch / "other.git"
        self.git("init", "-q", "--bare", str(other))
        self.succeeds("tags", "--into", str(other))
        self.assertEqual("", self.tag_ids())
        self.assertEqual("int c;\n", self.show(f"{C}:common/c.h", root=other))
        self.git("fsck", "--strict", root=other)
        self.assertIn("is no git repository",
                      self.fails("tags", "--into", str(self.scratch)))

    def test_the_index_and_the_working_tree_are_not_touched(self):
        self.put(f"{A}/x.cc", "int staged;\n")
        self.git("add", f"{A}/x.cc")
        self.put(f"{A}/x.cc", "int working;\n")
        self.put("new.txt", "untracked\n")
        # What a git status would refresh in the index.
        os.utime(self.root / "common/c.h", (1, 1))
        index = (self.root / ".git/index").read_bytes()
        status, _, err = self.run_main("tags")
        self.assertEqual(0, status)
        self.assertIn("note: tags are made from HEAD", err)
        self.assertEqual(index, (self.root / ".git/index").read_bytes())
        self.assertEqual("int working;\n", self.get(f"{A}/x.cc"))
        self.assertEqual(BASE, self.show(f"{C}:{A}/x.cc"))

    def test_a_tag_without_a_stage_is_noted_and_left(self):
        self.git("tag", "stage7_gone")
        status, _, err = self.run_main("tags")
        self.assertEqual(0, status)
        self.assertIn("the tag stage7_gone has no stage here", err)
        self.assertIn("stage7_gone", self.tag_ids())

    def test_a_root_below_the_top_is_refused(self):
        status, _, err = self.run_main("tags", root=self.root / "common")
        self.assertEqual(1, status)
        self.assertIn("is not the top of its git repository", err)


@contextlib.contextmanager
def changed_environment(**variables):
    """Sets variables, or unsets those that are None, for a while."""
    before = dict(os.environ)
    try:
        for name, value in variables.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


if __name__ == "__main__":
    for name in [n for n in os.environ if n.startswith(("GIT_", "BUILD_"))]:
        del os.environ[name]
    os.environ.update(
        GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1",
        GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="maintenance.auto",
        GIT_CONFIG_VALUE_0="false",
        GIT_AUTHOR_NAME="Test", GIT_AUTHOR_EMAIL="test@example.org",
        GIT_COMMITTER_NAME="Test", GIT_COMMITTER_EMAIL="test@example.org")
    unittest.main()
