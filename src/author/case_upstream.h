#pragma once
// The upstream of a case: a server on a free port of 127.0.0.1, on a thread of its own, that
// answers as the case says and remembers what came.

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "author/case_check.h"
#include "base/log.h"
#include "net/epoll_loop.h"
#include "server/small_server.h"

namespace wasmgate::author {

class CaseUpstream {
 public:
  /// Errors: those of net::listen_tcp.
  static Result<std::unique_ptr<CaseUpstream>> start(Logger& logger);
  ~CaseUpstream();

  int port() const { return port_; }
  /// What every request is answered with from now on.
  void answer_with(const UpstreamAnswer& answer);
  /// The requests since the last call.
  std::vector<SeenMessage> take();

 private:
  CaseUpstream() = default;
  server::SmallReply answer(const http::HeaderMap& headers, std::string_view body);

  net::EpollLoop loop_;
  std::unique_ptr<server::SmallServer> server_;
  std::thread thread_;
  int port_ = 0;
  std::mutex mutex_;  // guards the two below
  UpstreamAnswer answer_;
  std::vector<SeenMessage> seen_;
};

}  // namespace wasmgate::author
