// SIGINT and SIGTERM as an orderly end, for a program's main().
//
//   prepare_stop_signal();   // first thing, before any thread
//   Server server(…);
//   wait_for_stop_signal();  // blocks
//   server.stop();
#pragma once

namespace raft {

// Keeps both signals for wait_for_stop_signal(), in all threads to come, and
// ignores SIGPIPE: a broken connection is told by the call that meets it. In a
// process that a LocalCluster launched, it also asks for the end when the
// launcher dies, so that no node is left behind.
void prepare_stop_signal();

// Returns when one of the signals has come, at once if it came already.
void wait_for_stop_signal();

}  // namespace raft
