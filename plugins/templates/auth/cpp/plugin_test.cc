#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

constexpr const char* kConfiguration =
    R"({"header":"x-token","tokens":[{"token":"secret","consumer":"alice"}]})";

TEST(Plugin, TellsUpstreamTheConsumer) {
  HostSimulator host;
  ASSERT_TRUE(host.configure(kConfiguration));
  const auto stream = host.stream();
  stream->request({{"x-token", "secret"}, {"x-consumer", "forged"}});
  EXPECT_EQ(stream->requestHeaderValues("x-consumer"), (std::vector<std::string>{"alice"}));
  EXPECT_FALSE(stream->requestHeader("x-token"));
}

TEST(Plugin, RefusesUnknownAndMissingTokens) {
  HostSimulator host;
  ASSERT_TRUE(host.configure(kConfiguration));
  for (const char* token : {"", "secre", "secret2"}) {
    const auto stream = host.stream();
    stream->request({{"x-token", token}});
    EXPECT_EQ(stream->reply().code, 401U) << token;
  }
  const auto stream = host.stream();
  stream->request({{"x-consumer", "alice"}});
  EXPECT_EQ(stream->reply().code, 401U);
}

TEST(Plugin, KeepsTokensOutOfTheLog) {
  HostSimulator host;
  ASSERT_TRUE(host.configure(kConfiguration));
  host.stream()->request({{"x-token", "secret"}});
  EXPECT_EQ(host.logText().find("secret"), std::string::npos);
}

TEST(Plugin, RefusesConfigurationsWithoutUsableTokens) {
  HostSimulator host;
  for (const char* text :
       {"{}", R"({"tokens":[]})", R"({"tokens":[{"token":"","consumer":"a"}]})",
        R"({"tokens":[{"token":"t","consumer":"a"},{"token":"t","consumer":"b"}]})"}) {
    EXPECT_FALSE(host.configure(text)) << text;
  }
}

}  // namespace
