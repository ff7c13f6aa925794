#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

struct Plugin : ::testing::Test {
  /// Starts a request that asks `service`.
  void ask(const char* configuration) {
    ASSERT_TRUE(host.configure(configuration));
    stream = host.stream();
    stream->request({{":path", "/orders"}, {"authorization", "Bearer t"}});
  }
  void answer(const char* status) {
    host.answerCall(host.calls.at(0).token, {{":status", status}}, "");
  }

  HostSimulator host;
  std::unique_ptr<wasmgate::testing::StreamSimulator> stream;
};

TEST_F(Plugin, HoldsTheRequestUntilTheServiceAgrees) {
  ask(R"({"service":"s","path":"/ok","timeout_ms":50})");
  ASSERT_EQ(host.calls.size(), 1U);
  EXPECT_EQ(host.calls[0].upstream, "s");
  EXPECT_EQ(host.calls[0].timeout_milliseconds, 50U);
  EXPECT_FALSE(stream->requestContinued());
  answer("204");
  EXPECT_TRUE(stream->requestContinued());
  EXPECT_FALSE(stream->replied());
}

TEST_F(Plugin, RefusesWhatTheServiceRefuses) {
  ask(R"({"service":"s","fail_open":true})");
  answer("401");
  EXPECT_EQ(stream->reply().code, 403U);
  EXPECT_FALSE(stream->requestContinued());
}

TEST_F(Plugin, Answers503WithoutAnAnswer) {
  ask(R"({"service":"s"})");
  host.answerCall(host.calls.at(0).token, {}, "");
  EXPECT_EQ(stream->reply().code, 503U);
}

TEST_F(Plugin, FailsOpenWhenToldTo) {
  host.fail_calls = WasmResult::BadArgument;
  ask(R"({"service":"s","fail_open":true})");
  EXPECT_TRUE(stream->requestHeadersSent());
}

TEST_F(Plugin, SurvivesAnAnswerAfterTheRequest) {
  ask(R"({"service":"s"})");
  stream.reset();
  answer("200");
}

TEST_F(Plugin, RefusesConfigurationsWithoutAService) {
  EXPECT_FALSE(host.configure("{}"));
  EXPECT_FALSE(host.configure(R"({"service":"s","timeout_ms":0})"));
}

}  // namespace
