#include "proxy/route/route_table.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

namespace wasmgate::proxy {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <class Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

std::string_view without_trailing_slash(std::string_view path) {
  return path.size() > 1 && path.back() == '/' ? path.substr(0, path.size() - 1) : path;
}

std::string_view without_query(std::string_view path) {
  return path.substr(0, path.find_first_of("?#"));
}

/// The paths of one host. Prefixes are kept without a trailing slash ("/" stays), and found by
/// hashing each prefix of a path that ends before a "/" or at its end, longest first; lengths that
/// no prefix has are skipped.
class Paths {
 public:
  void add(const config::Route& route, RouteIndex index) {
    if (route.match == config::PathMatch::Exact) {
      exact_.emplace(route.path, index);
      return;
    }
    const std::string_view prefix = without_trailing_slash(route.path);
    if (prefixes_.emplace(prefix, index).second) {
      longest_ = std::max(longest_, prefix.size());
    }
  }

  RouteIndex find(std::string_view path) const {
    if (!exact_.empty()) {
      const auto found = exact_.find(path);
      if (found != exact_.end()) {
        return found->second;
      }
    }
    return prefixes_.empty() ? kNoRoute : find_prefix(path);
  }

 private:
  RouteIndex find_prefix(std::string_view path) const {
    for (size_t end = path.size(); end > 0;) {
      if (end <= longest_) {
        const auto found = prefixes_.find(path.substr(0, end));
        if (found != prefixes_.end()) {
          return found->second;
        }
      }
      const size_t slash = path.rfind('/', end - 1);
      end = slash == std::string_view::npos ? 0 : slash;
    }
    const auto root = prefixes_.find(std::string_view("/"));
    return root != prefixes_.end() && path.starts_with('/') ? root->second : kNoRoute;
  }

  TextMap<RouteIndex> exact_;
  TextMap<RouteIndex> prefixes_;
  size_t longest_ = 0;
};

}  // namespace

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    return end == std::string_view::npos ? authority : authority.substr(0, end + 1);
  }
  std::string_view host = authority.substr(0, authority.rfind(':'));
  if (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  return host;
}

struct RouteTable::Hosts {
  TextMap<Paths> exact;
  TextMap<Paths> suffixes;  // "*.x" by "x"
  Paths any;
  RouteIndex default_backend = kNoRoute;
};

RouteTable::RouteTable(const std::vector<config::Route>& routes)
    : hosts_(std::make_unique<Hosts>()) {
  for (RouteIndex i = 0; i < routes.size(); ++i) {
    const config::Route& route = routes[i];
    std::string host(route.host.size(), '\0');
    std::transform(route.host.begin(), route.host.end(), host.begin(), lower);
    if (route.default_backend) {
      hosts_->default_backend = hosts_->default_backend == kNoRoute ? i : hosts_->default_backend;
    } else if (host.empty() || host == "*") {
      hosts_->any.add(route, i);
    } else if (host.starts_with("*.")) {
      hosts_->suffixes[host.substr(2)].add(route, i);
    } else {
      hosts_->exact[host].add(route, i);
    }
  }
}

RouteTable::~RouteTable() = default;

RouteIndex RouteTable::find(std::string_view authority, std::string_view path) const {
  path = without_query(path);
  const std::string_view given = host_of(authority);
  std::array<char, 256> buffer;
  if (given.size() <= buffer.size() && !(hosts_->exact.empty() && hosts_->suffixes.empty())) {
    std::transform(given.begin(), given.end(), buffer.begin(), lower);
    const std::string_view host(buffer.data(), given.size());
    if (const auto found = hosts_->exact.find(host); found != hosts_->exact.end()) {
      if (const RouteIndex route = found->second.find(path); route != kNoRoute) {
        return route;
      }
    }
    const size_t dot = host.find('.');
    if (!hosts_->suffixes.empty() && dot != std::string_view::npos && dot > 0) {
      const auto found = hosts_->suffixes.find(host.substr(dot + 1));
      if (found != hosts_->suffixes.end()) {
        if (const RouteIndex route = found->second.find(path); route != kNoRoute) {
          return route;
        }
      }
    }
  }
  const RouteIndex route = hosts_->any.find(path);
  return route != kNoRoute ? route : hosts_->default_backend;
}

}  // namespace wasmgate::proxy
