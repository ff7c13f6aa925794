#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

struct Plugin : ::testing::Test {
  /// Status of a refusal of a request from `caller`; 0: it passed.
  uint32_t send(const char* caller) {
    const auto stream = host.stream();
    stream->request({{"x-api-key", caller}});
    retry_after = stream->reply().header("retry-after");
    return stream->reply().code;
  }

  HostSimulator host;
  std::string retry_after;
};

TEST_F(Plugin, RefusesAfterTheLimitAndPassesLater) {
  ASSERT_TRUE(host.configure(R"({"requests_per_minute":2})"));
  EXPECT_EQ(send("a"), 0U);
  EXPECT_EQ(send("a"), 0U);
  EXPECT_EQ(send("a"), 429U);
  EXPECT_EQ(retry_after, "30");
  host.now_nanoseconds += 30'000'000'000;
  EXPECT_EQ(send("a"), 0U);
  EXPECT_EQ(send("a"), 429U);
}

TEST_F(Plugin, CountsCallersApart) {
  ASSERT_TRUE(host.configure(R"({"requests_per_minute":1})"));
  EXPECT_EQ(send("a"), 0U);
  EXPECT_EQ(send("b"), 0U);
  EXPECT_EQ(send("a"), 429U);
  EXPECT_EQ(send(""), 0U);
  EXPECT_EQ(send(""), 0U);
}

TEST_F(Plugin, StartsAfreshWhenTheClockWasSetBack) {
  ASSERT_TRUE(host.configure(R"({"requests_per_minute":1})"));
  EXPECT_EQ(send("a"), 0U);
  host.now_nanoseconds -= 3'600'000'000'000;
  EXPECT_EQ(send("a"), 0U);
}

TEST_F(Plugin, PassesWhenTheCountCannotBeWritten) {
  ASSERT_TRUE(host.configure(R"({"requests_per_minute":1})"));
  host.fail_shared_data_writes = WasmResult::CasMismatch;
  EXPECT_EQ(send("a"), 0U);
}

TEST_F(Plugin, RefusesConfigurationsWithoutALimit) {
  for (const char* text :
       {"{}", R"({"requests_per_minute":0})", R"({"requests_per_minute":1,"header":""})"}) {
    EXPECT_FALSE(host.configure(text)) << text;
  }
}

}  // namespace
