#!/usr/bin/env python3
"""Runs the simulator of a stage: bazel run //tests:sim -- --stage STAGE ...

The other options are those of the stage's own program, STAGE/sim under the
directory where Bazel starts this. With --seed N --trace-file FILE it writes a
run as servers do, and bazel run //tools:timeline -- FILE draws that.
"""

import os
import sys

USAGE = """usage: bazel run //tests:sim -- --stage STAGE [OPTION]...
  --stage STAGE   one of %s
The other options are those of the stage's simulator:
"""


def fail(message):
    sys.stderr.write("error: %s\n" % message)
    sys.exit(2)


def main(arguments):
    stages = sorted(
        name for name in os.listdir(".")
        if os.path.isfile(os.path.join(name, "sim")))
    if "--help" in arguments:
        sys.stdout.write(USAGE % ", ".join(stages))
        sys.stdout.flush()
        os.execv(os.path.join(stages[-1], "sim"), ["sim", "--help"])
    if "--stage" not in arguments[:-1]:
        fail("--stage is missing; it is one of " + ", ".join(stages))
    at = arguments.index("--stage")
    stage = arguments[at + 1]
    if stage not in stages:
        fail("there is no stage %s with a simulator; there are %s" %
             (stage, ", ".join(stages)))
    os.execv(os.path.join(stage, "sim"),
             ["sim"] + arguments[:at] + arguments[at + 2:])


if __name__ == "__main__":
    main(sys.argv[1:])
