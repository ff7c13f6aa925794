#pragma once
// A redis-server as a child process, empty, on a free port of 127.0.0.1: for case files that need
// Redis.

#include <memory>
#include <string>

#include "author/child_process.h"

namespace wasmgate::author {

class RedisChild {
 public:
  /// Starts it in `folder`, which gets its log, and waits until it takes connections. Errors:
  /// NotFound when there is no redis-server in PATH; Internal with the end of its log; Timeout.
  static Result<std::unique_ptr<RedisChild>> start(const std::string& folder);

  int port() const { return port_; }

 private:
  RedisChild(ChildProcess process, int port) : process_(std::move(process)), port_(port) {}
  Result<void> wait_until_ready(const std::string& log);

  ChildProcess process_;
  int port_;
};

}  // namespace wasmgate::author
