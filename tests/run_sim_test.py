#!/usr/bin/env python3
"""run_sim.py finds the stage's simulator, and says in one line what is wrong."""

import subprocess
import unittest

STAGE = "stage3_log_repl"


def run(*arguments):
    return subprocess.run(
        ["python3", "-B", "tests/run_sim.py"] + list(arguments),
        capture_output=True,
        text=True,
        check=False)


class RunSimTest(unittest.TestCase):

    def test_it_runs_the_simulator_of_the_stage(self):
        done = run("--seeds", "2", "--stage", STAGE, "--seed", "5")
        self.assertEqual(0, done.returncode)
        self.assertIn("2 of 2 seeds", done.stdout)

    def test_it_helps_without_a_stage(self):
        done = run("--help")
        self.assertEqual(0, done.returncode)
        self.assertIn("--stage STAGE   one of", done.stdout)
        self.assertIn("--chaos-ms N", done.stdout)

    def test_it_names_the_stages_when_there_is_no_such(self):
        for arguments in ([], ["--stage"], ["--stage", "stage9_x"]):
            done = run(*arguments)
            self.assertEqual(2, done.returncode)
            self.assertEqual(1, done.stderr.count("\n"))
            self.assertTrue(done.stderr.startswith("error: "))
            self.assertIn(STAGE, done.stderr)

    def test_the_simulator_judges_the_other_options(self):
        done = run("--stage", STAGE, "--sedes", "3")
        self.assertEqual(2, done.returncode)
        self.assertIn("--sedes", done.stderr)


if __name__ == "__main__":
    unittest.main()
