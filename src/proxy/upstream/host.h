#pragma once
// One endpoint of a cluster on one worker: its address, its connections, and what is known of its
// health.

#include <string>

#include "net/address.h"
#include "proxy/upstream/connection_pool.h"

namespace wasmgate::proxy {

struct Host {
  Host(WorkerContext& context, ClusterLimits& limits, const net::Address& where, bool http2)
      : address(where), text(where.to_string()), pool(context, limits, where, http2) {}

  net::Address address;
  std::string text;  // "10.0.0.1:80"
  ConnectionPool pool;
  size_t active_requests = 0;

  // outlier_ejection's business.
  uint32_t consecutive_failures = 0;
  uint32_t ejections = 0;         // so far; each one lasts longer
  MonotonicTime ejected_until{};  // epoch: not ejected
  bool ejected() const { return ejected_until != MonotonicTime{}; }
};

}  // namespace wasmgate::proxy
