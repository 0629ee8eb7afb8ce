"""The suites that stages share: which there are, and which stages have them.

Each stage's BUILD ends with a call of stage_suites(). A suite's source lies in
this directory, once, and is compiled against each stage that has it.
"""

load("//tools:cc.bzl", "each_stage", "raft_cc_binary", "raft_cc_library")

def stage_suites():
    """Declares, in a stage's package, the suites that the stage has."""
    _unit_suites()
    _core_suites()
    _storage_suites()
    _stories()

def _unit_suites():
    """One part of a stage at a time, in one process."""
    each_stage(
        name = "kv_store_test",
        srcs = ["kv_store_test.cc"],
        deps = [":kv_store"],
    )
    each_stage(
        name = "kv_store_text_test",
        srcs = ["kv_store_text_test.cc"],
        since = 2,
        deps = [":kv_store"],
    )
    each_stage(
        name = "client_test",
        srcs = ["client_test.cc"],
        until = 3,
        deps = [
            ":client_lib",
            "//tests:scripted_server",
        ],
    )
    each_stage(
        name = "client_once_test",
        srcs = ["client_once_test.cc"],
        until = 0,
        deps = [
            ":client_lib",
            "//tests:reserved_port",
            "//tests:scripted_server",
        ],
    )
    each_stage(
        name = "client_retry_test",
        srcs = ["client_retry_test.cc"],
        since = 1,
        until = 3,
        deps = [
            ":client_lib",
            "//common:line_server",
            "//tests:reserved_port",
            "//tests:scripted_server",
        ],
    )
    each_stage(
        name = "naive_node_test",
        srcs = ["naive_node_test.cc"],
        since = 2,
        until = 2,
        deps = [":raft_node"],
    )
    for name in ["transport_test", "transport_log_test"]:
        each_stage(
            name = name,
            srcs = [
                name + ".cc",
                "transport_messages.h",
                "transport_nodes.h",
            ],
            since = 2,
            until = 4,
            deps = [
                ":transport",
                "//common:check",
                "//common:inbox",
                "//common:json",
                "//common:line_connection",
                "//common:temporary_directory",
                "//common:test_process",
                "//tests:reserved_port",
                "//tests:scripted_server",
                "//third_party:poco_foundation",
            ],
        )

def _core_suites():
    """The core: alone, message by message, and as a simulated cluster."""
    each_stage(
        name = "logs",
        hdrs = ["logs.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [":raft_log"],
    )
    each_stage(
        name = "nodes",
        hdrs = ["nodes.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [":raft_node"],
    )
    each_stage(
        name = "follower",
        hdrs = ["follower.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":logs",
            ":nodes",
            "//third_party:cppunit",
        ],
    )
    each_stage(
        name = "leader",
        hdrs = ["leader.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":logs",
            ":nodes",
            "//third_party:cppunit",
        ],
    )
    each_stage(
        name = "hand_driven",
        srcs = ["hand_driven.cc"],
        hdrs = ["hand_driven.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":logs",
            ":nodes",
            "//common:check",
        ],
    )
    each_stage(
        name = "raft_log_test",
        srcs = ["raft_log_test.cc"],
        since = 3,
        deps = [
            ":logs",
            ":raft_log",
            "//tests:death",
        ],
    )
    each_stage(
        name = "raft_paper_test",
        srcs = ["raft_paper_test.cc"],
        since = 3,
        deps = [":follower"],
    )
    each_stage(
        name = "raft_paper_leader_test",
        srcs = ["raft_paper_leader_test.cc"],
        since = 3,
        deps = [":leader"],
    )
    each_stage(
        name = "raft_paper_commit_test",
        srcs = ["raft_paper_commit_test.cc"],
        since = 3,
        deps = [":leader"],
    )
    each_stage(
        name = "follower_scenarios_test",
        srcs = ["follower_scenarios_test.cc"],
        since = 3,
        deps = [
            ":follower",
            "//tests:death",
        ],
    )
    each_stage(
        name = "replication_scenarios_test",
        srcs = ["replication_scenarios_test.cc"],
        since = 3,
        deps = [":hand_driven"],
    )
    each_stage(
        name = "log_repair_test",
        srcs = ["log_repair_test.cc"],
        since = 3,
        deps = [":hand_driven"],
    )
    each_stage(
        name = "agreement_test",
        srcs = ["agreement_test.cc"],
        since = 3,
        deps = [":hand_driven"],
    )
    each_stage(
        name = "sim_server",
        srcs = ["sim_server.cc"],
        hdrs = ["sim_server.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":logs",
            ":nodes",
            ":storage",
            "//common:check",
            "//tests:sim_disk",
        ],
    )
    each_stage(
        name = "invariants",
        srcs = ["invariants.cc"],
        hdrs = ["invariants.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":logs",
            ":sim_server",
        ],
    )
    each_stage(
        name = "sim_lib",
        srcs = [
            "sim.cc",
            "sim_seed.cc",
        ],
        hdrs = ["sim.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":invariants",
            ":logs",
            ":sim_server",
            "//tests:sim_network",
        ],
    )
    each_stage(
        name = "sim",
        srcs = ["sim_main.cc"],
        since = 3,
        rule = raft_cc_binary,
        testonly = True,
        deps = [":sim_lib"],
    )
    each_stage(
        name = "sim_test",
        srcs = ["sim_test.cc"],
        since = 3,
        deps = [":sim_lib"],
    )

def _storage_suites():
    """The durable log, on a disk that fails."""
    each_stage(
        name = "stored_log",
        hdrs = ["stored_log.h"],
        since = 3,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":log_record",
            ":logs",
            ":storage",
            "//tests:captured_log",
            "//tests:sim_disk",
            "//third_party:cppunit",
        ],
    )
    each_stage(
        name = "log_record_test",
        srcs = ["log_record_test.cc"],
        since = 3,
        deps = [":log_record"],
    )
    each_stage(
        name = "storage_test",
        srcs = ["storage_test.cc"],
        since = 3,
        deps = [":stored_log"],
    )
    each_stage(
        name = "storage_torn_test",
        srcs = ["storage_torn_test.cc"],
        since = 3,
        deps = [":stored_log"],
    )
    each_stage(
        name = "storage_damage_test",
        srcs = ["storage_damage_test.cc"],
        since = 3,
        deps = [
            ":stored_log",
            "//common:bytes",
        ],
    )
    each_stage(
        name = "storage_crash_test",
        srcs = ["storage_crash_test.cc"],
        since = 3,
        deps = [
            ":stored_log",
            "//tests:seeds",
        ],
    )

def _stories():
    """The real programs, from outside.

    A story is declared from the stage that fails on, and asserts that it fails
    there and no longer where its cure is.
    """
    _story(
        name = "story_restart_while_a_client_waits_test",
        deps = ["//tests:proxy"],
    )
    _story(name = "story_the_only_server_dies_test")
    _story(
        name = "story_one_lost_message_test",
        since = 2,
        deps = ["//tests:proxy"],
    )
    _story(
        name = "story_an_acknowledged_put_is_lost_test",
        since = 2,
    )
    _story(
        name = "story_two_followers_disagree_test",
        since = 2,
        deps = ["//tests:proxy"],
    )
    _story(
        name = "story_kill_all_nodes_test",
        since = 3,
        deps = [
            "//common:json",
            "//common:test_process",
            "//tests:seeds",
        ],
    )
    _story(
        name = "story_data_directory_test",
        since = 3,
        deps = [
            "//common:temporary_directory",
            "//tests:program",
            "//tests:reserved_port",
        ],
    )
    _story(
        name = "story_local_cluster_test",
        since = 2,
        deps = [
            "//common:line_connection",
            "//common:temporary_directory",
            "//tests:program",
            "//tests:reserved_port",
        ],
    )
    _story(
        name = "story_bad_input_test",
        until = 3,
        deps = [
            "//common:json",
            "//tests:raw_connection",
            "//tests:verdict",
        ],
    )
    _story(
        name = "story_hostile_clients_test",
        until = 3,
        deps = [
            "//common:deadline",
            "//tests:raw_connection",
            "//tests:verdict",
        ],
    )
    _story(
        name = "story_refused_writes_test",
        since = 2,
        until = 3,
        deps = [
            "//common:json",
            "//tests:raw_connection",
            "//tests:verdict",
        ],
    )
    _story(
        name = "story_client_command_line_test",
        deps = [
            "//tests:program",
            "//tests:proxy",
        ],
    )
    _story(
        name = "story_server_command_line_test",
        deps = [
            "//common:temporary_directory",
            "//tests:program",
            "//tests:reserved_port",
        ],
    )

def _story(name, deps = [], data = [], **kwargs):
    """A suite that runs the stage's programs."""
    each_stage(
        name = name,
        srcs = [name + ".cc"],
        data = data + [
            ":client",
            ":server",
        ],
        deps = deps + [
            "//common:client_options",
            "//common:options",
            "//tests:client_program",
            "//tests:test_cluster",
            "//tests:wait_until",
        ],
        **kwargs
    )
