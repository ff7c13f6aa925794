#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

struct CustomResponse : ::testing::Test {
  const wasmgate::testing::LocalReply& send() {
    stream = host.stream();
    stream->request({});
    return stream->reply();
  }
  HostSimulator host;
  std::unique_ptr<wasmgate::testing::StreamSimulator> stream;
};

TEST_F(CustomResponse, RepliesAtOnceWithoutStatuses) {
  ASSERT_TRUE(host.configure(R"({"status_code":302,"headers":["Location=/x?a=b","Content-Length=9"],
                                 "body":"moved"})"));
  EXPECT_EQ(send().code, 302U);
  EXPECT_EQ(stream->reply().header("location"), "/x?a=b");
  EXPECT_FALSE(stream->reply().hasHeader("content-length"));
  EXPECT_EQ(stream->reply().header("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(stream->reply().body, "moved");
}

TEST_F(CustomResponse, GuessesTheContentType) {
  ASSERT_TRUE(host.configure(R"({"body":"{\"a\":1}"})"));
  EXPECT_EQ(send().header("content-type"), "application/json; charset=utf-8");
  ASSERT_TRUE(host.configure(R"({"body":"[1]"})"));
  EXPECT_EQ(send().header("content-type"), "text/plain; charset=utf-8");
  ASSERT_TRUE(host.configure(R"({"body":"{}","headers":["Content-Type=x/y"]})"));
  EXPECT_EQ(send().headers, (HeaderStringPairs{{"content-type", "x/y"}}));
  ASSERT_TRUE(host.configure("{}"));
  EXPECT_TRUE(send().headers.empty());
  EXPECT_EQ(stream->reply().code, 200U);
}

TEST_F(CustomResponse, ReplacesListedStatusesOnly) {
  ASSERT_TRUE(host.configure(R"({"body":"busy","enable_on_status":[429,"503"]})"));
  EXPECT_EQ(send().code, 0U);
  stream->response({{":status", "200"}});
  EXPECT_FALSE(stream->replied());
  send();
  EXPECT_EQ(stream->responseHeaders({{":status", "503"}}, true),
            FilterHeadersStatus::StopIteration);
  EXPECT_EQ(stream->reply().code, 200U);
  EXPECT_EQ(stream->reply().body, "busy");
}

TEST_F(CustomResponse, LeavesItsOwnReplyAlone) {
  ASSERT_TRUE(host.configure(R"({"status_code":429,"enable_on_status":[429]})"));
  send();
  EXPECT_EQ(stream->responseHeaders({{":status", "429"}}, true),
            FilterHeadersStatus::StopIteration);
  EXPECT_EQ(stream->responseHeaders({{":status", "429"}}, true), FilterHeadersStatus::Continue);
}

TEST_F(CustomResponse, RefusesBadConfigurations) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"({"headers":["novalue"]})", "headers[0]: expected \"name=value\""},
      {R"({"headers":["=x"]})", "headers[0]: expected \"name=value\""},
      {R"({"headers":"a=b"})", "headers: expected a list"},
      {R"({"status_code":700})", "status_code: expected an integer from 200"},
      {R"({"enable_on_status":429})", "enable_on_status: expected a list"},
      {R"({"enable_on_status":[true]})", "enable_on_status[0]: expected an integer"},
      {R"({"body":true})", "body: expected a string"},
  };
  for (const auto& [json, error] : wrong) {
    host.log.clear();
    EXPECT_FALSE(host.configure(json)) << json;
    EXPECT_NE(host.logText(LogLevel::error).find(error), std::string::npos) << host.logText();
  }
}

}  // namespace
