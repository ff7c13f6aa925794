#pragma once
// Host names to addresses on the loop, with c-ares: never blocking, both families, with the
// answer's time to live. /etc/hosts and literals are answered too.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/address.h"
#include "net/event_loop.h"

namespace wasmgate::net {

struct DnsAnswer {
  std::vector<Address> addresses;  // with the asked port, not empty; IPv4 first
  std::chrono::seconds ttl{0};     // the smallest of the records
};

/// A question in progress. Destroying it cancels: the handler is not called then.
class DnsQuery : public Deletable {};

class DnsResolver {
 public:
  /// Errors: NotFound when the name has no address; Unavailable when no server answered;
  /// InvalidArgument for what is no name.
  using Handler = std::function<void(Result<DnsAnswer>)>;

  virtual ~DnsResolver() = default;

  /// Asks for `name`. `handler` is called once, never before this has returned.
  virtual std::unique_ptr<DnsQuery> resolve(const std::string& name, uint16_t port,
                                            Handler handler) = 0;
};

/// A resolver with the machine's settings (/etc/resolv.conf). Errors: Internal when c-ares cannot
/// start. `loop` outlives it; it outlives its queries. Thread: the loop's.
Result<std::unique_ptr<DnsResolver>> make_dns_resolver(EventLoop& loop);

}  // namespace wasmgate::net
