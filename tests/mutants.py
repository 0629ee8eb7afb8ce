#!/usr/bin/env python3
"""Mutants: the core with one of its safety rules removed, see mutants.bzl.

  mutants.py TABLE mutate NAME STAGE SOURCE   prints SOURCE without the rule
  mutants.py TABLE kill STAGE [NAME ...]      runs what must notice: all, or some

TABLE is mutants.bzl. Bazel builds the mutants for mutants_test, which is the
second command.
"""

import re
import subprocess
import sys

SEEDS = 200


def mutants_of(path, stage):
    table = {}
    with open(path, encoding="utf-8") as source:
        exec(source.read(), table)  # pylint: disable=exec-used
    number = int(re.match(r"stage(\d+)", stage).group(1))
    return [
        mutant for mutant in table["MUTANTS"]
        if mutant["since"] <= number <= mutant.get("until", number)
    ]


def mutate(mutant, text):
    """The text with the rule removed; ends the program if it isn't there."""
    changes = [[mutant["find"], mutant["replace"]]] + mutant.get("more", [])
    for find, replace in changes:
        if text.count(find) != 1:
            sys.exit("mutant %s: %d times in %s, and not once: %s" %
                     (mutant["name"], text.count(find), mutant["file"], find))
        text = text.replace(find, replace)
    return text


def sim_kills(program, mutant):
    """What the simulator says of the mutant; nothing if it notices nothing."""
    seeds = str(mutant.get("seeds", SEEDS))
    done = subprocess.run(
        [program, "--seeds", seeds, "--no-shrink"],
        capture_output=True,
        text=True,
        check=False)
    said = re.match(r"(seed \d+ violates .*); replay", done.stderr)
    return said.group(1) if done.returncode == 1 and said else None


def test_kills(program, test):
    """What a test says of the mutant; nothing if it passes, or is not there."""
    done = subprocess.run(
        [program, "::" + test], capture_output=True, text=True, check=False)
    if done.returncode == 0 or "no test has such a name" in done.stderr:
        return None
    return done.stderr.strip().split("\n")[0] or "it dies"


def kill(mutants, stage, names):
    survivors = 0
    for mutant in mutants:
        if names and mutant["name"] not in names:
            continue
        program = "%s/mutant_%s" % (stage, mutant["name"])
        for killer in mutant["killed_by"]:
            suite, _, test = killer.partition(".")
            if suite == "sim":
                said = sim_kills(program + "_sim", mutant)
            else:
                said = test_kills(program + "_" + suite, test)
            print("%s: %s: %s" %
                  (mutant["name"], killer, said or "SURVIVED, without: " +
                   mutant["rule"]), flush=True)
            survivors += said is None
    return survivors


def main(arguments):
    if len(arguments) == 5 and arguments[1] == "mutate":
        path, _, name, stage, source = arguments
        mutant, = [m for m in mutants_of(path, stage) if m["name"] == name]
        with open(source, encoding="utf-8") as text:
            sys.stdout.write(mutate(mutant, text.read()))
    elif len(arguments) >= 3 and arguments[1] == "kill":
        path, _, stage = arguments[:3]
        survivors = kill(mutants_of(path, stage), stage, arguments[3:])
        sys.exit(1 if survivors else 0)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
