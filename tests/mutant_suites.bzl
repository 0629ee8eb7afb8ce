"""Builds the mutants of a stage's core and the test that kills them."""

load("//tests:mutants.bzl", "MUTANTS")
load("//tools:cc.bzl", "raft_cc_binary", "raft_cc_library", "stage_number")

# Stages whose core is that of the stage before are left out.
_STAGES = [3, 6, 7, 8]

def mutant_suites():
    """To be called when the suites that kill mutants are declared."""
    stage = stage_number()
    if stage not in _STAGES:
        return
    programs = []
    for mutant in MUTANTS:
        if mutant["since"] <= stage and stage <= mutant.get("until", stage):
            programs += _mutant(mutant)
    native.sh_test(
        name = "mutants_test",
        size = "medium",
        srcs = ["//tests:mutants.py"],
        args = [
            "$(location //tests:mutants.bzl)",
            "kill",
            native.package_name(),
        ],
        data = programs + ["//tests:mutants.bzl"],
    )

def _mutant(mutant):
    """Builds what runs the mutant; returns the programs that are to notice it."""
    name = "mutant_" + mutant["name"]
    source = "%s/%s" % (name, mutant["file"])
    native.genrule(
        name = name + "_source",
        srcs = [
            mutant["file"],
            "//tests:mutants.bzl",
        ],
        outs = [source],
        cmd = "python3 -B $(location //tests:mutants.py) $(location //tests:mutants.bzl) mutate %s %s $(location %s) >$@" % (
            mutant["name"],
            native.package_name(),
            mutant["file"],
        ),
        tools = ["//tests:mutants.py"],
    )
    for program in mutant.get("programs", []):
        _program(name, source, program)
    suites = []
    for killer in mutant["killed_by"]:
        suite = killer.split(".")[0]
        if suite not in suites:
            suites.append(suite)
    return [_program(name, source, suite) for suite in suites]

def _program(name, source, original):
    """A program or suite of the stage, with the mutant in it."""
    rule = native.existing_rule(original)
    if rule == None:
        fail("%s is to run in %s, which is not there" % (name, original))

    # Compiled once, for all mutants that it runs.
    objects = original + "_for_mutants"
    if native.existing_rule(objects) == None:
        raft_cc_library(
            name = objects,
            testonly = True,
            srcs = list(rule.get("srcs", [])),
            deps = list(rule["deps"]),
            alwayslink = True,
        )

    # The mutant comes first, and so its file takes the place of the one in the
    # library that the program is linked with.
    program = "%s_%s" % (name, original)
    raft_cc_binary(
        name = program,
        testonly = True,
        srcs = [source],
        copts = ["-w"],
        deps = [objects],
    )
    return program
