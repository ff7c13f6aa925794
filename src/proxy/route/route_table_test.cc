#include "proxy/route/route_table.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace wasmgate::proxy {
namespace {

config::Route make(std::string host, std::string path,
                   config::PathMatch match = config::PathMatch::Prefix) {
  config::Route route;
  route.host = std::move(host);
  route.path = std::move(path);
  route.match = match;
  return route;
}

constexpr auto kExact = config::PathMatch::Exact;

TEST(RouteTable, PrefixMatchesWholeSegments) {
  const std::vector<config::Route> routes{make("", "/foo")};
  const RouteTable table(routes);
  EXPECT_EQ(table.find("a", "/foo"), 0u);
  EXPECT_EQ(table.find("a", "/foo/"), 0u);
  EXPECT_EQ(table.find("a", "/foo/bar?x=/y"), 0u);
  EXPECT_EQ(table.find("a", "/foo?x"), 0u);
  EXPECT_EQ(table.find("a", "/foobar"), kNoRoute);
  EXPECT_EQ(table.find("a", "/fo"), kNoRoute);
  EXPECT_EQ(table.find("a", "/"), kNoRoute);
}

TEST(RouteTable, TrailingSlashOfAPrefixMakesNoDifference) {
  const std::vector<config::Route> routes{make("", "/foo/")};
  const RouteTable table(routes);
  EXPECT_EQ(table.find("a", "/foo"), 0u);
  EXPECT_EQ(table.find("a", "/foo/bar"), 0u);
}

TEST(RouteTable, RootTakesEveryPathButNotAnAsterisk) {
  const std::vector<config::Route> routes{make("", "/")};
  const RouteTable table(routes);
  EXPECT_EQ(table.find("a", "/"), 0u);
  EXPECT_EQ(table.find("a", "/x/y"), 0u);
  EXPECT_EQ(table.find("a", "*"), kNoRoute);
}

TEST(RouteTable, ExactMatchesThePathAlone) {
  const std::vector<config::Route> routes{make("", "/foo", kExact)};
  const RouteTable table(routes);
  EXPECT_EQ(table.find("a", "/foo?q"), 0u);
  EXPECT_EQ(table.find("a", "/foo/"), kNoRoute);
  EXPECT_EQ(table.find("a", "/foo/bar"), kNoRoute);
}

TEST(RouteTable, LongestPathWinsAndExactBeforePrefix) {
  const std::vector<config::Route> routes{make("", "/"), make("", "/a"), make("", "/a/b"),
                                          make("", "/a/b", kExact)};
  const RouteTable table(routes);
  EXPECT_EQ(table.find("h", "/a/b"), 3u);
  EXPECT_EQ(table.find("h", "/a/b/c"), 2u);
  EXPECT_EQ(table.find("h", "/a/x"), 1u);
  EXPECT_EQ(table.find("h", "/b"), 0u);
}

TEST(RouteTable, HostIsComparedWithoutCasePortAndTrailingDot) {
  const std::vector<config::Route> routes{make("foo.Bar.com", "/"), make("[::1]", "/")};
  const RouteTable table(routes);
  EXPECT_EQ(table.find("FOO.bar.com:8080", "/"), 0u);
  EXPECT_EQ(table.find("foo.bar.com.", "/"), 0u);
  EXPECT_EQ(table.find("[::1]:80", "/"), 1u);
  EXPECT_EQ(table.find("bar.com", "/"), kNoRoute);
}

TEST(RouteTable, WildcardTakesExactlyOneLabel) {
  const std::vector<config::Route> routes{make("*.foo.com", "/")};
  const RouteTable table(routes);
  EXPECT_EQ(table.find("a.foo.com", "/"), 0u);
  EXPECT_EQ(table.find("a.b.foo.com", "/"), kNoRoute);
  EXPECT_EQ(table.find("foo.com", "/"), kNoRoute);
  EXPECT_EQ(table.find(".foo.com", "/"), kNoRoute);
}

TEST(RouteTable, FallsBackFromExactHostToWildcardToAnyToDefault) {
  auto fallback = make("", "/");
  fallback.default_backend = true;
  const std::vector<config::Route> routes{make("a.foo.com", "/one"), make("*.foo.com", "/two"),
                                          make("", "/three"), fallback};
  const RouteTable table(routes);
  EXPECT_EQ(table.find("a.foo.com", "/one"), 0u);
  EXPECT_EQ(table.find("a.foo.com", "/two"), 1u);
  EXPECT_EQ(table.find("a.foo.com", "/three"), 2u);
  EXPECT_EQ(table.find("a.foo.com", "/four"), 3u);
}

TEST(RouteTable, FirstOfEqualRoutesWins) {
  const std::vector<config::Route> routes{make("h", "/a"), make("h", "/a/"), make("h", "/a")};
  EXPECT_EQ(RouteTable(routes).find("h", "/a"), 0u);
}

TEST(RouteTable, ToleratesLongAndEmptyHosts) {
  const std::vector<config::Route> routes{make("h", "/"), make("", "/any")};
  const RouteTable table(routes);
  EXPECT_EQ(table.find("", "/any"), 1u);
  EXPECT_EQ(table.find(std::string(5000, 'a'), "/any"), 1u);
}

// ---- against a search through all routes ----

bool naive_path(const config::Route& route, std::string_view path) {
  if (route.match == kExact) {
    return path == route.path;
  }
  std::string_view prefix = route.path;
  if (prefix.size() > 1 && prefix.ends_with('/')) {
    prefix.remove_suffix(1);
  }
  return prefix == "/" ? path.starts_with('/')
                       : path == prefix || (path.starts_with(prefix) && path[prefix.size()] == '/');
}

int naive_host(const config::Route& route, std::string_view host) {
  if (route.host.empty()) {
    return 0;
  }
  if (route.host.starts_with("*.")) {
    const size_t dot = host.find('.');
    return dot != std::string_view::npos && dot > 0 && host.substr(dot) == route.host.substr(1)
               ? 1
               : -1;
  }
  return host == route.host ? 2 : -1;
}

RouteIndex naive_find(const std::vector<config::Route>& routes, std::string_view host,
                      std::string_view path) {
  RouteIndex best = kNoRoute;
  std::array<size_t, 3> best_rank{};
  for (RouteIndex i = 0; i < routes.size(); ++i) {
    const int by_host = naive_host(routes[i], host);
    if (by_host < 0 || !naive_path(routes[i], path)) {
      continue;
    }
    std::string_view text = routes[i].path;
    if (routes[i].match != kExact && text.size() > 1 && text.ends_with('/')) {
      text.remove_suffix(1);
    }
    // An exact path that matches is the whole path: nothing is longer.
    const std::array<size_t, 3> rank{static_cast<size_t>(by_host) + 1, text.size(),
                                     routes[i].match == kExact ? 1u : 0u};
    if (best == kNoRoute || rank > best_rank) {
      best = i;
      best_rank = rank;
    }
  }
  return best;
}

TEST(RouteTable, AgreesWithANaiveSearch) {
  std::mt19937 random(11);
  const std::vector<std::string> hosts{"", "a.x", "b.x", "*.x", "*.a.x", "x", "c.a.x"};
  const auto path = [&] {
    std::string out;
    const unsigned segments = random() % 4;
    for (unsigned i = 0; i < segments; ++i) {
      out += "/";
      out += std::string(1 + random() % 2, static_cast<char>('a' + random() % 2));
    }
    return out.empty() || random() % 4 == 0 ? out + "/" : out;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<config::Route> routes;
    for (unsigned i = 0; i < 1 + random() % 30; ++i) {
      routes.push_back(make(hosts[random() % hosts.size()], path(),
                            random() % 3 == 0 ? kExact : config::PathMatch::Prefix));
    }
    const RouteTable table(routes);
    for (int i = 0; i < 100; ++i) {
      std::string host = hosts[random() % hosts.size()];
      host = host.starts_with("*") ? "q" + host.substr(1) : host;
      const std::string wanted = path();
      ASSERT_EQ(table.find(host, wanted), naive_find(routes, host, wanted))
          << host << " " << wanted;
    }
  }
}

}  // namespace
}  // namespace wasmgate::proxy
