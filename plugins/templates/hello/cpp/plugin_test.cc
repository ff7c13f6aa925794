#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

TEST(Plugin, AddsTheGreeting) {
  wasmgate::testing::HostSimulator host;
  ASSERT_TRUE(host.configure(R"({"greeting":"hi"})"));
  const auto stream = host.stream();
  stream->request({{":path", "/"}, {"x-hello", "forged"}});
  EXPECT_EQ(stream->requestHeaderValues("x-hello"), (std::vector<std::string>{"hi"}));
  EXPECT_TRUE(stream->requestHeadersSent());
}

TEST(Plugin, GreetsWithoutAConfiguredGreeting) {
  wasmgate::testing::HostSimulator host;
  ASSERT_TRUE(host.configure("{}"));
  const auto stream = host.stream();
  stream->request({{":path", "/"}});
  EXPECT_EQ(stream->requestHeader("x-hello"), "hello");
}

TEST(Plugin, RefusesAnEmptyGreeting) {
  wasmgate::testing::HostSimulator host;
  EXPECT_FALSE(host.configure(R"({"greeting":""})"));
}

}  // namespace
