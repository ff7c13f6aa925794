#include "proxy/downstream/connection_limits.h"

namespace wasmgate::proxy {

bool ConnectionLimits::take(const net::Address& remote) {
  if (open_.fetch_add(1, std::memory_order_relaxed) >= total_.load(std::memory_order_relaxed)) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  const size_t limit = per_address_.load(std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  size_t& count = by_address_[remote.ip()];
  if (limit != 0 && count >= limit) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  ++count;
  return true;
}

void ConnectionLimits::give_back(const net::Address& remote) {
  open_.fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  const auto found = by_address_.find(remote.ip());
  if (found != by_address_.end() && --found->second == 0) {
    by_address_.erase(found);
  }
}

void ConnectionLimits::set(size_t total, size_t per_address) {
  total_.store(total, std::memory_order_relaxed);
  per_address_.store(per_address, std::memory_order_relaxed);
}

}  // namespace wasmgate::proxy
