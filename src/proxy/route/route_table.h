#pragma once
// Which route takes a request: by host (exact before "*.x" before any), then by path (the longest
// match; at equal length exact before prefix), and a default backend when nothing else matches.
// Prefixes match by path segments, as Kubernetes defines it: "/foo" takes
// "/foo" and "/foo/bar", not "/foobar". Lookups hash the host and each prefix of the path, so their
// cost does not grow with the number of routes. Immutable; read by all workers.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "config/model/route.h"

namespace wasmgate::proxy {

/// An index into the routes the table was built from.
using RouteIndex = uint32_t;
inline constexpr RouteIndex kNoRoute = UINT32_MAX;

class RouteTable {
 public:
  /// `routes` outlives the table (both hang on the model). Of two routes with equal host, match and
  /// path the first one wins.
  explicit RouteTable(const std::vector<config::Route>& routes);
  ~RouteTable();
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;

  /// `authority`: host, perhaps with a port and a trailing dot, in any case. `path`: perhaps with a
  /// query, which is ignored.
  RouteIndex find(std::string_view authority, std::string_view path) const;

 private:
  struct Hosts;
  std::unique_ptr<Hosts> hosts_;
};

/// `authority` without port and trailing dot. IPv6 literals keep their brackets.
std::string_view host_of(std::string_view authority);

}  // namespace wasmgate::proxy
