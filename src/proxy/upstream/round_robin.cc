#include "proxy/upstream/load_balancer.h"

namespace wasmgate::proxy {
namespace {

class RoundRobin final : public LoadBalancer {
 public:
  explicit RoundRobin(uint64_t start) : next_(start) {}

  Host* choose(std::span<Host* const> hosts, const Host* avoid) override {
    if (hosts.empty()) {
      return nullptr;
    }
    Host* host = take(hosts);
    return host == avoid ? take(hosts) : host;
  }

 private:
  Host* take(std::span<Host* const> hosts) {
    next_ = next_ + 1 < hosts.size() ? next_ + 1 : 0;
    return hosts[next_];
  }

  uint64_t next_;
};

}  // namespace

std::unique_ptr<LoadBalancer> make_round_robin(uint64_t start) {
  return std::make_unique<RoundRobin>(start);
}

}  // namespace wasmgate::proxy
