#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

TEST(HelloWorld, AnswersEveryRequest) {
  wasmgate::testing::HostSimulator host;
  ASSERT_TRUE(host.configure(""));
  const auto stream = host.stream();
  EXPECT_EQ(stream->requestHeaders({{":path", "/"}}, true), FilterHeadersStatus::StopIteration);
  EXPECT_EQ(stream->reply().code, 200U);
  EXPECT_EQ(stream->reply().details, "hello-world");
  EXPECT_EQ(stream->reply().body, "hello world");
  EXPECT_EQ(stream->requestHeader("hello"), "world");
}

}  // namespace
