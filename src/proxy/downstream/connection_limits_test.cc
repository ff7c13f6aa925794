#include "proxy/downstream/connection_limits.h"

#include <gtest/gtest.h>

namespace wasmgate::proxy {
namespace {

net::Address at(std::string_view ip) { return *net::Address::parse(ip, 1); }

TEST(ConnectionLimits, RefusesOverTheTotalAndTakesAgainAfterGivingBack) {
  ConnectionLimits limits(2, 0);
  EXPECT_TRUE(limits.take(at("10.0.0.1")));
  EXPECT_TRUE(limits.take(at("10.0.0.2")));
  EXPECT_FALSE(limits.take(at("10.0.0.3")));
  limits.give_back(at("10.0.0.1"));
  EXPECT_TRUE(limits.take(at("10.0.0.3")));
}

TEST(ConnectionLimits, CountsPerAddressWithoutThePort) {
  ConnectionLimits limits(100, 1);
  EXPECT_TRUE(limits.take(*net::Address::parse("10.0.0.1", 1)));
  EXPECT_FALSE(limits.take(*net::Address::parse("10.0.0.1", 2)));
  EXPECT_TRUE(limits.take(at("10.0.0.2")));
  EXPECT_EQ(limits.open(), 2u);
}

// U-14: a refused connection holds no place.
TEST(ConnectionLimits, TenThousandRefusalsLeaveNoTrace) {
  ConnectionLimits limits(1, 0);
  EXPECT_TRUE(limits.take(at("10.0.0.1")));
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_FALSE(limits.take(at("10.0.0.2")));
  }
  limits.give_back(at("10.0.0.1"));
  EXPECT_EQ(limits.open(), 0u);
  EXPECT_TRUE(limits.take(at("10.0.0.2")));
}

}  // namespace
}  // namespace wasmgate::proxy
