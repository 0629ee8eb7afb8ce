"""C++ rules with this repository's warnings, and suites shared by stages.

A BUILD file uses raft_cc_library, raft_cc_binary and raft_cc_test as it would
use Bazel's own rules. In a stage's package they also

  * define RAFT_STAGE as a string, the stage's name ("stage6_election");
  * let a file from elsewhere include the stage's headers as "raft_node.h".

each_stage() declares what several stages share, once for all of them.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

# Ours alone: the system's headers are exempt, and generated code does not go
# through these macros.
_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
]

def stage_number():
    """Returns N in a package named stageN_x, and None in any other."""
    package = native.package_name()
    if not package.startswith("stage"):
        return None
    number = package[len("stage"):].split("_")[0]
    return int(number) if number.isdigit() else None

def _with_our_flags(kwargs):
    """Adds the flags that all our code is compiled with."""
    copts = _WARNINGS
    local_defines = []
    if stage_number() != None:
        package = native.package_name()

        # Generated headers count as the system's: their warnings are not ours.
        copts = copts + [
            "-iquote",
            package,
            "-isystem",
            "$(GENDIR)/" + package,
        ]
        local_defines = ['RAFT_STAGE=\\"%s\\"' % package]
    kwargs["copts"] = copts + kwargs.get("copts", [])
    kwargs["local_defines"] = local_defines + kwargs.get("local_defines", [])
    return kwargs

def raft_cc_library(name, **kwargs):
    """A cc_library with our flags. One for each pair of files."""
    cc_library(name = name, **_with_our_flags(kwargs))

def raft_cc_binary(name, **kwargs):
    """A cc_binary with our flags."""
    cc_binary(name = name, **_with_our_flags(kwargs))

def raft_cc_test(name, deps = [], size = "small", **kwargs):
    """A CppUnit suite with our flags; main() comes from //common:test_main.

    Args:
      name: named as the file, x_test for x_test.cc.
      deps: what is tested; CppUnit and main() need not be named.
      size: "small", so a minute, unless told otherwise.
      **kwargs: as for cc_test.
    """
    cc_test(
        name = name,
        size = size,
        deps = deps + ["//common:test_main", "//third_party:cppunit"],
        **_with_our_flags(kwargs)
    )

def _in_tests(files):
    """Labels of files in //tests, which may be given by their bare names."""
    return [
        file if file.startswith("//") else "//tests:" + file
        for file in files
    ]

def each_stage(
        name,
        srcs = [],
        hdrs = [],
        since = 0,
        until = None,
        rule = raft_cc_test,
        **kwargs):
    """Declares a target in each stage's package from `since` on.

    The source lies once in //tests and is compiled against each stage. It
    includes that stage's headers by their bare names. Call this in the list
    that //tests:suites.bzl keeps, and that list from every stage's BUILD:

        each_stage(
            name = "raft_paper_test",
            srcs = ["raft_paper_test.cc"],
            since = 6,
            deps = [":raft_node"],
        )

    Then //stage6_election:raft_paper_test and its like in later stages exist,
    and `bazel test //stage6_election/...` runs the first of them.

    Args:
      name: the target's name, the same in each stage.
      srcs: files in //tests, where exports_files() must name them.
      hdrs: as srcs, for rule = raft_cc_library.
      since: the first stage that has the target.
      until: the last stage that has it; None when there is no last one.
      rule: raft_cc_test, raft_cc_library or raft_cc_binary.
      **kwargs: as for the rule. ":x" in deps and data is the stage's own x.
    """
    stage = stage_number()
    if stage == None:
        fail("each_stage() is for a stage's package, not for //%s" %
             native.package_name())
    if stage < since or (until != None and stage > until):
        return
    if hdrs:
        kwargs["hdrs"] = _in_tests(hdrs)
    rule(name = name, srcs = _in_tests(srcs), **kwargs)
