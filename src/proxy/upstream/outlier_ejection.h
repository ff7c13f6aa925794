#pragma once
// Passive health: an endpoint that fails five times in a row (5xx answers, connections that fail or
// break) is put aside for 30 s times the number of its ejections so far, at most 300 s. Never more
// than a tenth of a cluster's endpoints (but one may always go), and never so many that fewer than
// half are left.

#include <memory>
#include <vector>

#include "proxy/upstream/host.h"

namespace wasmgate::proxy {

struct OutlierPolicy {
  uint32_t consecutive_failures = 5;
  std::chrono::seconds base{30};
  std::chrono::seconds max{300};
  size_t max_ejected_percent = 10;
  size_t min_healthy_percent = 50;
};

class OutlierEjection {
 public:
  explicit OutlierEjection(const OutlierPolicy& policy = {}) : policy_(policy) {}

  /// Notes how a request to `host` ended. Returns true when `host`, one of `total` endpoints of
  /// which `ejected` are put aside, was put aside now.
  bool note(Host& host, bool failed, size_t total, size_t ejected, MonotonicTime now) const;

  /// True when `host` was put aside and comes back now.
  bool readmit(Host& host, MonotonicTime now) const;

 private:
  bool may_eject(size_t total, size_t ejected) const;

  OutlierPolicy policy_;
};

}  // namespace wasmgate::proxy
