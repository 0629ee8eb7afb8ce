// [since stage5_rpc]
// Peers that never say anything, each for another reason.
#pragma once

#include <cppunit/TestAssert.h>
#include <string>

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include "common/deadline.h"
#include "common/test_process.h"

namespace raft {

// A peer whose machine is there, but whose process is frozen: the kernel takes
// connections and some bytes, and nobody reads them.
class FrozenPeer {
 public:
  explicit FrozenPeer(const std::string& address)
      : socket_(Poco::Net::SocketAddress(address)) {}

  // Returns when somebody has connected.
  void await_connection() {
    CPPUNIT_ASSERT(socket_.poll(microseconds_until(patience()),
                                Poco::Net::Socket::SELECT_READ));
  }

 private:
  Poco::Net::ServerSocket socket_;
};

// A peer that is not even that: what is sent to it gets lost, connections too.
// It listens, but its queue of connections is full.
class BlackHole {
 public:
  explicit BlackHole(const std::string& address)
      : socket_(Poco::Net::SocketAddress(address), 1) {
    // One more than the queue is said to hold fit in.
    for (Poco::Net::StreamSocket& filler : fillers_) {
      filler.connectNB(socket_.address());
    }
    // The last one is not answered: it would have been at once.
    CPPUNIT_ASSERT(!fillers_[3].poll(0, Poco::Net::Socket::SELECT_WRITE));
  }

 private:
  Poco::Net::ServerSocket socket_;
  Poco::Net::StreamSocket fillers_[4];
};

}  // namespace raft
