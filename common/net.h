// Small helpers around Poco's sockets, for common/ only: nothing outside it
// sees a Poco type of the network.
#pragma once

#include <string>
#include <string_view>

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>

#include "common/result.h"

namespace raft {

// A socket that listens on `address` ("HOST:PORT"), alone: a second server on
// the same port fails, while a restart right after a crash does not. Lifts this
// process's limit of open files as far as the system lets it: a socket is one.
Result<Poco::Net::ServerSocket> listen_on(const std::string& address);

// The same, for a program that can't go on without: ends the process.
Poco::Net::ServerSocket listen_or_die(const std::string& address);

// Sends all of `data`. Throws Poco::Exception when the connection is broken or
// its send timeout passes; part of the data may then have been sent.
void send_all(Poco::Net::StreamSocket& socket, std::string_view data);

// What went wrong, in words for the user of a program.
std::string why_of(const Poco::Exception& exception);

}  // namespace raft
