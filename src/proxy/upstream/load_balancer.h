#pragma once
// The port of load balancing: which of a cluster's endpoints takes the next request.

#include <memory>
#include <span>

#include "proxy/upstream/host.h"

namespace wasmgate::proxy {

class LoadBalancer {
 public:
  virtual ~LoadBalancer() = default;

  /// One of `hosts`, which are all fit to serve; another than `avoid` when there is another. Null
  /// when there is none.
  virtual Host* choose(std::span<Host* const> hosts, const Host* avoid) = 0;
};

/// Each in its turn. `start`: where to begin, random, so that workers do not march in step.
std::unique_ptr<LoadBalancer> make_round_robin(uint64_t start);

}  // namespace wasmgate::proxy
