#!/usr/bin/env python3
"""A test that each stage's tag can be made and that a learner can build one.

It works on a copy of the source tree as it is now, committed or not, in a
repository of its own: a tag for each stage, made twice; then one of them,
checked out, read by Bazel as a whole, and its stage's tests run. That Bazel is
a second one, with a directory of its own, and gone in the end.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

# As Bazel's tests see it, this file is a link into the source tree.
TREE = pathlib.Path(__file__).resolve().parent.parent
STAGE = re.compile(r"stage(\d+)_\w+")

# What a learner is to build: an early stage, so that most is left out.
BUILT = "stage1_client"
BUILT_TARGETS = [f"//{BUILT}:server", f"//{BUILT}:client"]
BUILT_TEST = f"//{BUILT}:kv_store_test"


def run(*command, cwd):
    """The command's output; the test fails with all of it if it fails."""
    # Without this user's configuration of git.
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull,
                   "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(command, cwd=cwd, env=environment, text=True,
                          stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} has status "
                             f"{done.returncode}:\n{done.stdout}")
    return done.stdout


def git(repository, *arguments):
    return run("git", "-c", "user.name=test", "-c", "user.email=test@localhost",
               *arguments, cwd=repository).strip()


def copy_sources(repository):
    """Commits what is in the tree, without what git ignores, in a new one."""
    git(repository, "init", "--quiet")
    # An index of its own: the tree's repository, if any, is not touched.
    git(repository, f"--work-tree={TREE}", "add", "--all")
    git(repository, "commit", "--quiet", "--message=The tree as it is")
    git(repository, "checkout", "--quiet", "--force", "HEAD", "--", ".")


def remove_all(directory):
    """Of Bazel's files and directories some are read-only."""
    run("chmod", "-R", "u+w", directory, cwd="/")
    shutil.rmtree(directory)


class TagsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(
            prefix="tags_test-", dir=os.environ.get("TEST_TMPDIR") or None))
        cls.addClassCleanup(remove_all, cls.scratch)
        cls.repository = cls.scratch / "repository"
        cls.repository.mkdir()
        copy_sources(cls.repository)
        cls.stages = sorted(
            (path.name for path in cls.repository.iterdir()
             if STAGE.fullmatch(path.name)),
            key=lambda name: int(STAGE.fullmatch(name)[1]))
        cls.make_tags()

    @classmethod
    def make_tags(cls):
        run(sys.executable, "-B", "tools/stages.py", "tags", "--force",
            "--root", ".", cwd=cls.repository)

    def tops(self, tag):
        return git(self.repository, "ls-tree", "--name-only", tag).split("\n")

    def test_each_stage_has_a_tag(self):
        self.assertGreater(len(self.stages), 1)
        self.assertEqual(set(self.stages),
                         set(git(self.repository, "tag").split()))

    def test_the_same_tree_makes_the_same_tags(self):
        def hashes():
            return git(self.repository, "for-each-ref", "refs/tags")

        before = hashes()
        git(self.repository, "tag", "--delete", *self.stages)
        self.assertEqual("", hashes())
        self.make_tags()
        self.assertEqual(before, hashes())

    def test_a_tag_has_the_stages_so_far_and_no_later_one(self):
        for number, tag in enumerate(self.stages):
            there = [top for top in self.tops(tag) if STAGE.fullmatch(top)]
            self.assertEqual(self.stages[:number + 1], there)

    def test_the_last_tag_is_the_whole_tree(self):
        self.assertEqual(
            git(self.repository, "rev-parse", "HEAD^{tree}"),
            git(self.repository, "rev-parse", f"{self.stages[-1]}^{{tree}}"))

    def test_the_list_of_stages_names_those_of_the_tag(self):
        for number, tag in enumerate(self.stages):
            text = git(self.repository, "show", f"{tag}:tools/stages.bzl")
            self.assertEqual(self.stages[:number + 1],
                             re.findall(r'^ *"(\w+)",$', text, re.MULTILINE))

    def test_a_learner_can_build_an_early_tag(self):
        tree = self.scratch / BUILT
        git(self.repository, "worktree", "add", "--quiet", tree, BUILT)
        output = self.scratch / "bazel"

        def bazel(*arguments):
            # In a test, Bazel would put its files into TEST_TMPDIR itself. Left
            # alone, as after a kill, it ends.
            return run("env", "-u", "TEST_TMPDIR", "bazel",
                       f"--output_user_root={output}", "--max_idle_secs=60",
                       *arguments, cwd=tree)

        self.addCleanup(bazel, "shutdown")
        # All targets, so also those outside the stages, name what is there.
        bazel("build", "--nobuild", "//...")
        # As it is, but for the optimisation, which takes the most time.
        bazel("test", "--copt=-O0", "--color=no", "--curses=no", BUILT_TEST,
              *BUILT_TARGETS)
        client = tree / "bazel-bin" / BUILT / "client"
        self.assertIn("usage: client", run(client, "--help", cwd=tree))


if __name__ == "__main__":
    unittest.main()
