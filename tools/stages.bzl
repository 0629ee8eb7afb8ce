"""The stages, for whoever needs all of them. A new one is added here."""

STAGES = [
    "stage0_kv",
    # [since stage1_client]
    "stage1_client",
    # [end since]
    # [since stage2_naive_repl]
    "stage2_naive_repl",
    # [end since]
    # [since stage3_log_repl]
    "stage3_log_repl",
    # [end since]
    # [since stage4_cluster_client]
    "stage4_cluster_client",
    # [end since]
    # [since stage5_rpc]
    "stage5_rpc",
    # [end since]
    # [since stage6_election]
    "stage6_election",
    # [end since]
]
