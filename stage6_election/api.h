// The front end for clients: HTTP/1.1 and JSON.
//
//   PUT /v1/kv/k  {"value":"v"}   ->  200 {"ok":true,"index":1,"term":1}
//   GET /v1/kv/k                  ->  200 {"key":"k","value":"v","index":1}
//
// Everything about a request is checked before anything is changed.
#pragma once

#include <string>

#include "common/http_server.h"
#include "common/result.h"
#include "kv_store.h"

namespace raft {

class Server;

class Api {
 public:
  // Listens on `address` at once; `server` must outlive this.
  Api(Server& server, const std::string& address);

  // Answers what has arrived, then no more.
  void stop();

 private:
  using Reply = HttpServerOptions::Reply;

  // These run on the thread of the HTTP server, and never wait.
  void handle(HttpRequest request, const Reply& reply);
  void route(const HttpRequest& request, const Reply& reply);
  void handle_key(const HttpRequest& request, const Reply& reply);
  void handle_write(const HttpRequest& request,
                    const std::string& key,
                    const Reply& reply);
  void handle_get(const HttpRequest& request,
                  const std::string& key,
                  const Reply& reply);
  void handle_list(const HttpRequest& request, const Reply& reply);
  void read(const HttpRequest& request,
            const Reply& reply,
            std::function<HttpAnswer()> look);
  HttpAnswer status() const;
  HttpAnswer health(bool is_ready) const;
  HttpAnswer metrics() const;
  HttpAnswer faults(const HttpRequest& request) const;
  HttpAnswer not_leader(const std::string& target) const;

  Server& server_;
  HttpServer http_;  // last: its thread calls the rest
};

}  // namespace raft
