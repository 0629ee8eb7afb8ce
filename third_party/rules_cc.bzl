"""Makes @rules_cc from the system's copy, so that a build needs no network."""

_DEBIAN_COPY = "/usr/share/bazel/rules/cc"

_RELEASE = "rules_cc-0.0.4"
_RELEASE_URL = "https://github.com/bazelbuild/rules_cc/releases/download/0.0.4/rules_cc-0.0.4.tar.gz"
_RELEASE_SHA256 = "af6cc82d87db94585bceeda2561cb8a9d55ad435318ccb4ddfee18a43580fb5d"

# These two files load `use_cpp_toolchain`, which Bazel 4 does not have yet.
# What that function returns in later versions takes its place, so that the
# files mean the same in every Bazel.
_PATCHED = [
    "cc/private/rules_impl/cc_flags_supplier.bzl",
    "cc/private/rules_impl/compiler_flag.bzl",
]

_SUBSTITUTIONS = [
    (', "use_cpp_toolchain")', ")"),
    (
        "use_cpp_toolchain()",
        '["@bazel_tools//tools/cpp:toolchain_type"]',
    ),
]

def _system_rules_cc_impl(repository_ctx):
    copy = repository_ctx.path(_DEBIAN_COPY)
    if copy.exists:
        # Links to the entries, but a real copy of `cc`, which is patched.
        for entry in copy.readdir():
            if entry.basename != "cc":
                repository_ctx.symlink(entry, entry.basename)
        result = repository_ctx.execute(
            ["cp", "-r", _DEBIAN_COPY + "/cc", "cc"],
        )
        if result.return_code != 0:
            fail("cannot copy %s: %s" % (_DEBIAN_COPY, result.stderr))
    else:
        repository_ctx.download_and_extract(
            url = _RELEASE_URL,
            sha256 = _RELEASE_SHA256,
            stripPrefix = _RELEASE,
        )
    for name in _PATCHED:
        text = repository_ctx.read(name)
        for before, after in _SUBSTITUTIONS:
            text = text.replace(before, after)
        repository_ctx.file(name, text, executable = False)

system_rules_cc = repository_rule(
    implementation = _system_rules_cc_impl,
    doc = "Debian's rules_cc, or a pinned release where there is none.",
    local = True,
)
