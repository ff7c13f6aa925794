#include "proxy/upstream/outlier_ejection.h"

#include <algorithm>

namespace wasmgate::proxy {

bool OutlierEjection::may_eject(size_t total, size_t ejected) const {
  const size_t after = ejected + 1;
  const bool share_ok = ejected == 0 || after * 100 <= total * policy_.max_ejected_percent;
  return share_ok && (total - after) * 100 >= total * policy_.min_healthy_percent;
}

bool OutlierEjection::note(Host& host, bool failed, size_t total, size_t ejected,
                           MonotonicTime now) const {
  if (!failed) {
    host.consecutive_failures = 0;
    return false;
  }
  if (++host.consecutive_failures < policy_.consecutive_failures || host.ejected() ||
      !may_eject(total, ejected)) {
    return false;
  }
  host.consecutive_failures = 0;
  ++host.ejections;
  host.ejected_until = now + std::min<Duration>(policy_.base * host.ejections, policy_.max);
  return true;
}

bool OutlierEjection::readmit(Host& host, MonotonicTime now) const {
  if (!host.ejected() || host.ejected_until > now) {
    return false;
  }
  host.ejected_until = MonotonicTime{};
  return true;
}

}  // namespace wasmgate::proxy
