// A server of lines that misbehaves as a test wants: it answers late, in part
// or with nonsense, and ends connections when it should not.
//
//   ScriptedServer server({[](ScriptedServer::Connection& connection) {
//     connection.receive();
//     connection.send("{\"ok\":true}\n");
//   }});
//
// The first connection runs the first script, the second the second, and so
// on; all further ones run the last. A connection is closed at the end of its
// script. Scripts run at the same time, each on a thread of its own; the server
// outlives what they use, and its end ends their waits.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace raft {

class ScriptedServer {
 public:
  class Connection {
   public:
    Connection(ScriptedServer& server, int descriptor)
        : server_(server), descriptor_(descriptor) {}

    // The next line, without its newline; nothing at the end of the connection.
    std::optional<std::string> receive();

    // Exactly so many bytes; nothing if the connection ends before.
    std::optional<std::string> receive(std::size_t bytes);

    // Sends `text`, which may be any part of a line. Does nothing when the
    // client has gone.
    void send(std::string_view text);

    // Ends the connection from here and returns when the client's machine has
    // heard of it.
    void end();

   private:
    // Appends what has arrived to the input; false at the end.
    bool receive_more();

    ScriptedServer& server_;
    const int descriptor_;
    std::string input_ = {};
  };

  using Script = std::function<void(Connection&)>;

  // Listens at once; an empty `address` means a port of the kernel's choice on
  // 127.0.0.1, otherwise it is "127.0.0.1:PORT".
  explicit ScriptedServer(std::vector<Script> scripts,
                          const std::string& address = "");

  // Ends all connections and waits for the scripts' ends.
  ~ScriptedServer();

  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  // HOST:PORT.
  std::string address() const;

  // All lines that came so far, on whatever connection.
  std::vector<std::string> received() const;

  // How many connections there were so far.
  std::size_t connections() const;

 private:
  void accept_all();
  void serve(int descriptor, const Script& script);

  const std::vector<Script> scripts_;
  int listener_ = -1;
  mutable std::mutex mutex_;
  bool stopping_ = false;
  std::vector<int> open_;  // descriptors of connections
  std::vector<std::string> received_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;  // last: it uses the rest
};

}  // namespace raft
