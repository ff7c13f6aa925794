#include "server/generation_choice.h"

#include <gtest/gtest.h>

namespace wasmgate::server {
namespace {

http::HeaderMap request(std::string_view name = "", std::string_view value = "") {
  http::HeaderMap out;
  out.add(":path", "/");
  if (!name.empty()) {
    out.add("other", value);
    out.add(name, "first");
    out.add(name, value);
  }
  return out;
}

config::Canary rule(uint32_t share, std::string header = "",
                    std::optional<std::string> value = std::nullopt) {
  config::Canary out;
  out.share = share;
  out.header = std::move(header);
  out.header_value = std::move(value);
  return out;
}

TEST(MeetsCanary, TakesTheShareOfTheDraws) {
  EXPECT_FALSE(meets_canary(rule(0), request(), 0));
  EXPECT_TRUE(meets_canary(rule(1), request(), 0));
  EXPECT_FALSE(meets_canary(rule(1), request(), 1));
  EXPECT_TRUE(meets_canary(rule(500), request(), 499));
  EXPECT_FALSE(meets_canary(rule(500), request(), 500));
  EXPECT_TRUE(meets_canary(rule(10'000), request(), 9'999));
}

TEST(MeetsCanary, TakesRequestsWithTheHeader) {
  EXPECT_TRUE(meets_canary(rule(0, "x-canary"), request("X-Canary", "any"), 9'999));
  EXPECT_FALSE(meets_canary(rule(0, "x-canary"), request("x-canary-not", "any"), 9'999));
  EXPECT_FALSE(meets_canary(rule(0, "x-canary"), request(), 0));
}

TEST(MeetsCanary, ComparesAnyValueOfTheHeaderExactly) {
  EXPECT_TRUE(meets_canary(rule(0, "x-canary", "1"), request("x-canary", "1"), 9'999));
  EXPECT_TRUE(meets_canary(rule(0, "x-canary", "first"), request("x-canary", "1"), 9'999));
  EXPECT_FALSE(meets_canary(rule(0, "x-canary", "1"), request("x-canary", "11"), 9'999));
  EXPECT_FALSE(meets_canary(rule(0, "x-canary", ""), request("x-canary", "1"), 9'999));
}

}  // namespace
}  // namespace wasmgate::server
