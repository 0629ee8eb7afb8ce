"""Builds the mutants of a stage's core and the test that kills them."""

load("//tests:mutants.bzl", "MUTANTS")
load("//tools:cc.bzl", "raft_cc_binary", "stage_number")

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
    """The programs that are to notice the mutant."""
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
    programs = []
    for killer in mutant["killed_by"]:
        suite = killer.split(".")[0]
        program = "%s_%s" % (name, suite)
        if program in programs:
            continue

        # The mutant comes first, and so its file takes the place of the one in
        # the library that the suite is linked with.
        rule = native.existing_rule(suite)
        if rule == None:
            fail("mutant %s is killed by %s, which is not there" %
                 (mutant["name"], suite))
        raft_cc_binary(
            name = program,
            testonly = True,
            srcs = [source] + list(rule.get("srcs", [])),
            copts = ["-w"],
            deps = list(rule["deps"]),
        )
        programs.append(program)
    return programs
