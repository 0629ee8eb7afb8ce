"""The simulator, which every stage with a log has: suites.bzl calls this."""

load("//tools:cc.bzl", "each_stage", "raft_cc_binary", "raft_cc_library")

def sim_suites():
    """A whole cluster in one process, under seeds."""
    _sim_parts()
    each_stage(
        name = "sim_lib",
        srcs = [
            "sim.cc",
            "sim_faults.cc",
        ],
        hdrs = ["sim.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":invariants",
            ":logs",
            ":sim_clients",
            ":sim_server",
            ":sim_trace_file",
            "//tests:sim_weather",
        ],
    )
    each_stage(
        name = "sim_seeds",
        srcs = ["sim_seeds.cc"],
        hdrs = ["sim_seeds.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":sim_lib",
            "//common:check",
            "//common:netstrings",
            "//tests:sim_shrink",
        ],
    )
    each_stage(
        name = "sim_main",
        srcs = ["sim_main.cc"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":sim_seeds",
            "//common:user_directory",
        ],
    )
    each_stage(
        name = "sim",
        since = 3,
        rule = raft_cc_binary,
        testonly = True,
        deps = [":sim_main"],
    )
    each_stage(
        name = "sim_test",
        srcs = ["sim_test.cc"],
        since = 3,
        data = [":sim"],
        deps = [
            ":sim_core",
            ":sim_seeds",
            "//common:test_process",
        ],
    )

def _sim_parts():
    """What differs between stages has several sources behind one header."""
    _sim_core("sim_core_fixed.cc", since = 3, until = 5)
    _sim_core("sim_core_elected.cc", since = 6)
    _sim_store("sim_store_plain.cc", since = 3, until = 3)
    _sim_store("sim_store_sessions.cc", since = 4)
    _sim_fields(since = 3, until = 4, srcs = ["sim_fields_lines.cc"])
    _sim_fields(since = 5, deps = [":rpc_message"])
    each_stage(
        name = "sim_server",
        srcs = ["sim_server.cc"],
        hdrs = [
            "sim_request.h",
            "sim_server.h",
        ],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":raft_message",
            ":sim_core",
            ":sim_store",
            "//common:check",
            "//tests:sim_disk",
            "//tests:sim_luck",
        ],
    )
    each_stage(
        name = "sim_trace_file",
        srcs = ["sim_trace_file.cc"],
        hdrs = ["sim_trace_file.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":sim_fields",
            ":sim_server",
            "//common:check",
            "//common:trace",
        ],
    )
    each_stage(
        name = "sim_fields_test",
        srcs = [
            "sim_fields_test.cc",
            "three_ports.h",
            "transport_messages.h",
        ],
        since = 3,
        until = 4,
        deps = [
            ":sim_fields",
            ":transport",
            "//common:cluster",
            "//common:deadline",
            "//common:faults",
            "//common:json",
            "//common:line_connection",
            "//common:temporary_directory",
            "//common:test_process",
            "//common:trace",
            "//tests:reserved_port",
        ],
    )
    each_stage(
        name = "invariants",
        srcs = [
            "invariants.cc",
            "invariants_commit.cc",
            "invariants_require.h",
        ],
        hdrs = ["invariants.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [":sim_server"],
    )
    each_stage(
        name = "sim_clients",
        srcs = ["sim_clients.cc"],
        hdrs = ["sim_clients.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":invariants",
            "//tests:sim_luck",
            "//tests:sim_schedule",
            "//tests:sim_weather",
        ],
    )

def _sim_core(src, **kwargs):
    each_stage(
        name = "sim_core",
        srcs = [src],
        hdrs = ["sim_core.h"],
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":logs",
            ":raft_node",
            ":storage",
            "//tests:sim_trace",
        ],
        **kwargs
    )

def _sim_store(src, **kwargs):
    each_stage(
        name = "sim_store",
        srcs = [src],
        hdrs = ["sim_store.h"],
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":kv_store",
            ":raft_message",
            "//tests:sim_luck",
        ],
        **kwargs
    )

def _sim_fields(deps = [], **kwargs):
    each_stage(
        name = "sim_fields",
        hdrs = ["sim_fields.h"],
        rule = raft_cc_library,
        testonly = True,
        deps = deps + [
            ":raft_message",
            "//common:json",
        ],
        **kwargs
    )
