// What ThreadSanitizer reports of Poco and is no race. Linked into whatever
// uses Poco's sockets; empty in every other build.

#if defined(__SANITIZE_THREAD__)

// The last owner of a socket closes and deletes it: sometimes the thread that
// accepted it, after the one that served it. The count of the owners, which is
// atomic, orders them, but it is in Poco's library, where ThreadSanitizer does
// not look: it takes the end of the socket for a race with its last use.
extern "C" __attribute__((visibility("default"))) const char*
__tsan_default_suppressions() {
  return "race:Poco::Net::SocketImpl::close\n"
         "race:Poco::Net::TCPServer::run\n";
}

#endif
