// A TCP proxy that a test puts between two processes, to hold or lose what one
// of them sends, at a moment that it can wait for.
//
//   Proxy proxy(cluster.peer_address(3));  // others connect to proxy.address()
//   proxy.to_server().hold();
//   …                                      // somebody sends something
//   proxy.to_server().wait_until_held();
//   proxy.to_server().release();
//
// It knows bytes only: a message is what one write of its sender brings. The
// test's thread calls; the proxy's own threads move the bytes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace raft {

// What becomes of the bytes of all connections in one direction. It begins with
// pass().
class Gate {
 public:
  // What arrives from now on passes, is kept here, or is swallowed and its
  // connection closed in both directions: all of it, or only messages with
  // `part` in them. Bytes that are held hold up all that follows them on the
  // same connection, under each of the three: it is another connection that can
  // overtake them.
  void pass() { set(Mode::kPass, ""); }
  void hold(const std::string& part = "") { set(Mode::kHold, part); }
  void drop(const std::string& part = "") { set(Mode::kDrop, part); }

  // All that is held goes on its way, and what follows it is no longer held up.
  void release();

  // Wait until something has passed, is held, or was dropped since the last
  // call of pass(), hold() or drop(). The test fails if that does not come.
  void wait_until_passed() { wait_for(passed_, "passed"); }
  void wait_until_held() { wait_for(held_, "was held"); }
  void wait_until_dropped() { wait_for(dropped_, "was dropped"); }

  // All bytes that have arrived, whatever became of them.
  std::string bytes() const;

 private:
  friend class Proxy;
  enum class Mode { kPass, kHold, kDrop };

  // For the proxy's threads: returns when `bytes` may go on, or false when they
  // and their connection may not. told_passed() follows when they have gone.
  bool admit(std::string_view bytes);
  void told_passed();
  void end();

  void set(Mode mode, const std::string& part);
  void wait_for(const std::uint64_t& count, const std::string& what);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Mode mode_ = Mode::kPass;
  std::string part_;  // passes what does not have it
  bool has_ended_ = false;
  std::uint64_t releases_ = 0;
  // Since the last set().
  std::uint64_t passed_ = 0;
  std::uint64_t held_ = 0;
  std::uint64_t dropped_ = 0;
  std::string bytes_;
};

class Proxy {
 public:
  // Listens on a port of its own. Each connection to it becomes one to
  // `target` (HOST:PORT), and is closed at once if nobody listens there.
  explicit Proxy(const std::string& target);
  ~Proxy();

  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // HOST:PORT
  std::string address() const;

  Gate& to_server() { return to_server_; }
  Gate& to_client() { return to_client_; }

 private:
  struct Listener;
  struct Connection;

  void accept();
  void pump(Connection& connection, Gate& gate);

  const std::string target_;
  const std::unique_ptr<Listener> listener_;
  Gate to_server_;
  Gate to_client_;
  std::list<Connection> connections_;  // for accept() while that runs
  std::thread thread_;  // last: it uses the rest
};

}  // namespace raft
