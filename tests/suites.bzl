"""The suites that stages share: which there are, and which stages have them.

Each stage's BUILD ends with a call of stage_suites(). A suite's source lies in
this directory, once, and is compiled against each stage that has it.
"""

load("//tools:cc.bzl", "each_stage")

def stage_suites():
    """Declares, in a stage's package, the suites that the stage has."""
    _unit_suites()
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
                "transport_nodes.h",
            ],
            since = 2,
            until = 4,
            deps = [
                ":transport",
                "//common:check",
                "//common:inbox",
                "//common:line_connection",
                "//common:temporary_directory",
                "//common:test_process",
                "//tests:reserved_port",
                "//tests:scripted_server",
                "//third_party:poco_foundation",
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
        name = "story_local_cluster_test",
        since = 2,
        deps = [
            "//common:line_connection",
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
