"""The suites that stages share: which there are, and which stages have them.

Each stage's BUILD ends with a call of stage_suites(). A suite's source lies in
this directory, once, and is compiled against each stage that has it.
"""

load("//tests:mutant_suites.bzl", "mutant_suites")
load("//tests:sim_suites.bzl", "sim_suites")
load("//tools:cc.bzl", "each_stage", "raft_cc_binary", "raft_cc_library")

def stage_suites():
    """Declares, in a stage's package, the suites that the stage has."""
    _unit_suites()
    core_suites()
    sim_suites()
    mutant_suites()
    _stories()

def core_suites():
    """Declares what needs nothing of a stage but its core and its storage."""
    _core_suites()
    _storage_suites()
    _election_time()

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
        name = "kv_store_session_test",
        srcs = ["kv_store_session_test.cc"],
        since = 4,
        deps = [
            ":kv_store",
            "//tests:seeds",
        ],
    )
    each_stage(
        name = "kv_store_session_text_test",
        srcs = ["kv_store_session_text_test.cc"],
        since = 4,
        deps = [":kv_store"],
    )
    each_stage(
        name = "api_request_test",
        srcs = ["api_request_test.cc"],
        since = 4,
        deps = [
            ":api_request",
            "//common:http",
            "//common:json",
            "//common:result",
        ],
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
        name = "client_http_test",
        srcs = ["client_http_test.cc"],
        since = 4,
        deps = [
            ":client_lib",
            "//common:json",
            "//tests:http_script",
        ],
    )
    each_stage(
        name = "client_cluster_test",
        srcs = ["client_cluster_test.cc"],
        since = 4,
        deps = [
            ":client_lib",
            "//common:http_server",
            "//tests:http_script",
            "//tests:reserved_port",
        ],
    )
    each_stage(
        name = "server_writes_test",
        srcs = [
            "server_writes_test.cc",
            "three_ports.h",
        ],
        since = 6,
        deps = [
            ":kv_store",
            ":server_lib",
            ":transport",
            "//common:cluster",
            "//common:faults",
            "//common:server_options",
            "//common:temporary_directory",
            "//common:test_process",
            "//common:trace",
            "//tests:reserved_port",
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
                "log_lines.h",
                "three_ports.h",
                "transport_events.h",
                "transport_messages.h",
                "transport_nodes.h",
            ],
            since = 2,
            until = 4,
            deps = [
                ":transport",
                "//common:check",
                "//common:faults",
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
    for name in [
        "rpc_transport_test",
        "rpc_lost_peer_test",
        "rpc_trace_test",
        "rpc_wire_test",
        "rpc_refusals_test",
    ]:
        each_stage(
            name = name,
            srcs = [
                name + ".cc",
                "log_lines.h",
                "rpc_call.h",
                "rpc_nodes.h",
                "rpc_silent_peers.h",
                "three_ports.h",
                "transport_events.h",
                "transport_messages.h",
            ],
            since = 5,
            deps = [
                ":raft_proto",
                ":transport",
                "//common:connect_client",
                "//common:faults",
                "//common:inbox",
                "//common:json",
                "//common:temporary_directory",
                "//common:test_process",
                "//tests:http_script",
                "//tests:raw_connection",
                "//tests:reserved_port",
                "//tests:scripted_server",
                "//tests:wait_until",
                "//third_party:poco_foundation",
                "//third_party:poco_net",
            ],
        )

def _core_suites():
    """The core: alone, message by message, and as a cluster driven by hand."""
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
        hdrs = [
            "nodes.h",
            "nodes_fixed.h",
        ],
        since = 3,
        until = 5,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":logs",
            ":raft_node",
        ],
    )
    each_stage(
        name = "nodes",
        hdrs = [
            "nodes.h",
            "nodes_elected.h",
        ],
        since = 6,
        rule = raft_cc_library,
        testonly = True,
        defines = ["RAFT_HAS_ELECTIONS"],
        deps = [
            ":logs",
            ":raft_node",
            "//common:check",
        ],
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
        name = "raft_log_blocks_test",
        srcs = ["raft_log_blocks_test.cc"],
        since = 3,
        deps = [
            ":logs",
            ":raft_log",
        ],
    )
    each_stage(
        name = "memory_test",
        srcs = ["memory_test.cc"],
        since = 3,
        deps = [
            ":kv_store",
            ":log_record",
            ":raft_log",
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
        name = "fixed_leader_test",
        srcs = ["fixed_leader_test.cc"],
        since = 3,
        until = 5,
        deps = [
            ":follower",
            ":hand_driven",
            ":leader",
        ],
    )
    each_stage(
        name = "elections",
        hdrs = ["elections.h"],
        since = 6,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":hand_driven",
            "//third_party:cppunit",
        ],
    )
    each_stage(
        name = "read_queue_test",
        srcs = ["read_queue_test.cc"],
        since = 6,
        deps = [":read_queue"],
    )
    each_stage(
        name = "voter",
        hdrs = ["voter.h"],
        since = 6,
        rule = raft_cc_library,
        testonly = True,
        deps = [":leader"],
    )
    each_stage(
        name = "election_paper_test",
        srcs = ["election_paper_test.cc"],
        since = 6,
        deps = [":voter"],
    )
    each_stage(
        name = "election_paper_candidate_test",
        srcs = ["election_paper_candidate_test.cc"],
        since = 6,
        deps = [":voter"],
    )
    each_stage(
        name = "election_scenarios_test",
        srcs = ["election_scenarios_test.cc"],
        since = 6,
        deps = [":elections"],
    )
    each_stage(
        name = "election_terms_test",
        srcs = ["election_terms_test.cc"],
        since = 6,
        deps = [
            ":elections",
            "//tests:death",
        ],
    )
    each_stage(
        name = "commit_scenarios_test",
        srcs = ["commit_scenarios_test.cc"],
        since = 6,
        deps = [":elections"],
    )
    each_stage(
        name = "leader_write_test",
        srcs = ["leader_write_test.cc"],
        since = 6,
        deps = [":elections"],
    )
    each_stage(
        name = "beside_disk_test",
        srcs = ["beside_disk_test.cc"],
        since = 6,
        deps = [
            ":elections",
            ":leader",
        ],
    )
    each_stage(
        name = "read_scenarios_test",
        srcs = ["read_scenarios_test.cc"],
        since = 6,
        deps = [":elections"],
    )
    each_stage(
        name = "read_failures_test",
        srcs = ["read_failures_test.cc"],
        since = 6,
        deps = [":elections"],
    )
    each_stage(
        name = "durability_test",
        srcs = ["durability_test.cc"],
        since = 6,
        deps = [
            ":elections",
            "//tests:seeds",
        ],
    )
    each_stage(
        name = "election_agreement_test",
        srcs = ["election_agreement_test.cc"],
        since = 6,
        deps = [":elections"],
    )

def _election_time():
    """How long the core is without a leader, in virtual time (Fig. 16)."""
    each_stage(
        name = "election_time_lib",
        srcs = ["election_time.cc"],
        hdrs = ["election_time.h"],
        since = 6,
        rule = raft_cc_library,
        testonly = True,
        deps = [
            ":raft_node",
            "//common:check",
            "//tests:election_trial",
        ],
    )
    each_stage(
        name = "election_time",
        srcs = ["election_time_main.cc"],
        since = 6,
        rule = raft_cc_binary,
        testonly = True,
        data = [":server"],
        deps = [
            ":election_time_lib",
            "//common:check",
            "//common:user_directory",
            "//tests:election_figure",
            "//tests:election_real",
        ],
    )
    each_stage(
        name = "election_time_test",
        srcs = ["election_time_test.cc"],
        since = 6,
        deps = [
            ":election_time_lib",
            "//tests:election_statistics",
        ],
    )

def _storage_suites():
    """The durable log, on a disk that fails."""
    each_stage(
        name = "stored_log",
        hdrs = ["stored_log.h"],
        since = 3,
        until = 5,
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
        name = "stored_log",
        hdrs = ["stored_log.h"],
        since = 6,
        rule = raft_cc_library,
        testonly = True,
        defines = ["RAFT_HAS_ELECTIONS"],
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
    each_stage(
        name = "storage_hard_state_test",
        srcs = ["storage_hard_state_test.cc"],
        since = 6,
        deps = [
            ":log_record",
            ":stored_log",
        ],
    )

    # From stage 6 on a log needs a term that was voted for, too.
    each_stage(
        name = "fill_log",
        srcs = ["fill_log_main.cc"],
        since = 3,
        until = 5,
        rule = raft_cc_binary,
        testonly = True,
        deps = [
            ":kv_store",
            ":storage",
            "//common:check",
            "//common:files",
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
        name = "story_wrong_or_dead_server_test",
        since = 3,
    )
    _story(
        name = "story_the_leader_dies_test",
        since = 5,
        deps = ["//common:json"],
    )
    _story(
        name = "story_retry_applied_twice_test",
        since = 1,
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
        name = "story_linearizable_test",
        since = 4,
        deps = [
            "//tests:chaos_lib",
            "//tests:seeds",
        ],
    )
    _story(
        name = "story_flawed_server_test",
        since = 6,
        data = [":mutant_read_without_a_round_server"],
        deps = [
            "//tests:chaos_client",
            "//tests:http_cluster",
            "//tests:linearizability",
        ],
    )
    _story(
        name = "story_leadership_lost_test",
        since = 6,
        deps = [
            "//common:http_connection",
            "//common:test_process",
            "//tests:http_cluster",
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
        name = "story_slow_follower_test",
        since = 4,
        deps = [
            "//common:json",
            "//common:temporary_directory",
            "//tests:proxy",
        ],
    )
    each_stage(
        name = "slow_disk_server",
        srcs = ["slow_disk_server_main.cc"],
        since = 6,
        rule = raft_cc_binary,
        testonly = True,
        deps = [
            ":server_lib",
            "//common:server_options",
            "//common:stop_signal",
        ],
    )
    _story(
        name = "story_slow_disk_test",
        since = 6,
        data = [":slow_disk_server"],
        deps = [
            "//common:deadline",
            "//tests:http_cluster",
            "//tests:slow_disk",
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
    for name in [
        "story_http_api_test",
        "story_http_sessions_test",
        "story_http_operator_test",
        "story_faults_test",
    ]:
        _story(
            name = name,
            since = 4,
            deps = ["//tests:http_cluster"],
        )
    _story(
        name = "story_bad_peer_input_test",
        since = 4,
        until = 4,  # from then on peers speak another protocol
        deps = [
            "//common:json",
            "//tests:http_cluster",
            "//tests:raw_connection",
        ],
    )
    _story(
        name = "story_idle_connections_test",
        since = 4,
        deps = [
            "//common:deadline",
            "//common:http_connection",
            "//common:open_files",
            "//common:test_process",
            "//tests:http_cluster",
        ],
    )
    _story(
        name = "story_waiting_clients_test",
        since = 6,
        data = [":slow_disk_server"],
        deps = [
            "//common:http_connection",
            "//common:open_files",
            "//common:test_process",
            "//tests:http_cluster",
            "//tests:slow_disk",
        ],
    )
    for name in [
        "story_bad_http_input_test",
        "story_bad_http_framing_test",
    ]:
        _story(
            name = name,
            since = 4,
            deps = [
                "//common:http_connection",
                "//common:test_process",
                "//tests:http_cluster",
                "//tests:raw_http",
                "//tests:seeds",
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
