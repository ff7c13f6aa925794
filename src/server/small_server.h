#pragma once
// A small HTTP/1.1 server on the main thread's loop, for the admin pages and the demo's echo
// upstream: one request at a time per connection, whole bodies up to 4 MiB, a limited number of
// connections. A slow client of it never touches a worker.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/log.h"
#include "http/message/header_map.h"
#include "net/event_loop.h"
#include "net/tcp_listener.h"

namespace wasmgate::server {

struct SmallReply {
  int status = 200;
  std::string body;  // left out of answers to HEAD, which keep its length
  std::vector<std::pair<std::string, std::string>> headers{
      {"content-type", "text/plain; charset=utf-8"}};
};

class SmallServer {
 public:
  /// `headers` has the pseudo-headers. Called on the loop's thread; both views die with the call.
  using Handler = std::function<SmallReply(const http::HeaderMap& headers, std::string_view body)>;

  /// `socket` listens; more than `connections` at a time are closed at once. `loop` and `logger`
  /// outlive the server.
  SmallServer(net::EventLoop& loop, Logger& logger, net::Socket socket, size_t connections,
              Handler handler);
  ~SmallServer();

  const net::Address& address() const { return listener_->address(); }

 private:
  class Connection;
  void accept(net::Socket socket, const net::Address& remote);
  void forget(Connection& connection);

  net::EventLoop& loop_;
  size_t limit_;
  Handler handler_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
  std::unique_ptr<net::TcpListener> listener_;
};

}  // namespace wasmgate::server
