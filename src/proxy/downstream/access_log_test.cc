#include "proxy/downstream/access_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/manual_loop.h"
#include "support/proxy_fixture.h"

namespace wasmgate::proxy {
namespace {

using std::chrono::milliseconds;

struct Example {
  Example() {
    info.start_wall = WallTime(milliseconds(1767225600123));
    info.start = MonotonicTime(std::chrono::hours(1));
    info.end = info.start + milliseconds(12);
    info.upstream_start = info.start + milliseconds(1);
    info.upstream_first = info.start + milliseconds(11);
    info.response_code = 200;
    info.response_code_details = "via_upstream";
    info.request_body_bytes = 3;
    info.response_body_bytes = 5;
    info.upstream_address = "10.0.0.1:80";
    info.downstream_remote_address = "192.0.2.1:5";
    info.downstream_local_address = "192.0.2.9:80";
    info.cluster_name = "one";
    info.route_name = "default/r";
    request.add(http::kMethod, "GET");
    request.add(http::kPath, "/x");
    request.add(http::kAuthority, "a.com");
    request.add("user-agent", "ua");
    request.add("x-request-id", "id");
  }
  std::string text() const {
    std::string out;
    append_text_line({info, &request, nullptr}, out);
    return out;
  }
  std::string json() const {
    std::string out;
    append_json_line({info, &request, nullptr}, out);
    return out;
  }
  filter::StreamInfo info;
  http::HeaderMap request;
};

TEST(AccessLogText, IsEnvoysDefaultFormat) {
  EXPECT_EQ(Example().text(),
            "[2026-01-01T00:00:00.123Z] \"GET /x HTTP/1.1\" 200 - 3 5 12 10 \"-\" \"ua\" \"id\" "
            "\"a.com\" "
            "\"10.0.0.1:80\"\n");
}

// H-32: every field may be missing.
TEST(AccessLogText, WritesHyphensForWhatIsMissing) {
  filter::StreamInfo info;
  info.start_wall = WallTime(milliseconds(1767225600000));
  std::string out;
  append_text_line({info, nullptr, nullptr}, out);
  EXPECT_EQ(out,
            "[2026-01-01T00:00:00.000Z] \"- - -\" 0 - 0 0 0 - \"-\" \"-\" \"-\" \"-\" \"-\"\n");
}

// H-31: no peer can end a field or a line.
TEST(AccessLogText, EscapesWhatPeersSend) {
  Example example;
  example.request.set("user-agent", "a\"b\\c\nd\x80");
  EXPECT_THAT(example.text(), ::testing::HasSubstr("\"a\\\"b\\\\c\\x0ad\\x80\""));
}

TEST(AccessLogJson, HasHigresssKeysInOneLine) {
  EXPECT_EQ(
      Example().json(),
      "{\"authority\":\"a.com\",\"bytes_received\":3,\"bytes_sent\":5,\"downstream_local_address\":"
      "\"192.0.2.9:80\","
      "\"downstream_remote_address\":\"192.0.2.1:5\",\"duration\":12,\"method\":\"GET\",\"path\":"
      "\"/x\","
      "\"protocol\":\"HTTP/"
      "1.1\",\"request_id\":\"id\",\"requested_server_name\":\"-\",\"response_code\":200,"
      "\"response_code_details\":\"via_upstream\",\"response_flags\":\"-\",\"route_name\":"
      "\"default/r\","
      "\"start_time\":\"2026-01-01T00:00:00.123Z\",\"trace_id\":\"-\",\"upstream_cluster\":\"one\","
      "\"upstream_host\":\"10.0.0.1:80\",\"upstream_local_address\":\"-\",\"upstream_service_"
      "time\":10,"
      "\"upstream_transport_failure_reason\":\"-\",\"user_agent\":\"ua\",\"x_forwarded_for\":\"-\","
      "\"istio_policy_status\":\"-\",\"ai_log\":\"-\"}\n");
}

// H-33: a string that ends in any byte stays valid JSON.
TEST(AccessLogJson, EscapesEveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    Example example;
    example.request.set("user-agent", std::string("a") + static_cast<char>(byte));
    const std::string line = example.json();
    for (const char c : line.substr(0, line.size() - 1)) {
      const auto value = static_cast<unsigned char>(c);
      ASSERT_TRUE(value >= 0x20 && value < 0x7F) << byte;
    }
    const size_t at = line.find("\"user_agent\":\"a") + 15;
    ASSERT_TRUE(line.substr(at).starts_with("\"")
                    ? false
                    : line.find("\",\"x_forwarded_for\"", at) != std::string::npos)
        << byte;
  }
}

TEST(AccessLog, HandsOverABlockAfterASecondOrAt64KiB) {
  wasmgate::testing::ManualLoop loop;
  wasmgate::testing::KeepingSink sink;
  AccessLog log(loop, sink, config::AccessLogFormat::Text);
  const Example example;
  log.log({example.info, &example.request, nullptr});
  loop.advance(milliseconds(990));
  EXPECT_EQ(sink.text, "");
  loop.advance(milliseconds(20));
  EXPECT_EQ(sink.text, example.text());
  sink.text.clear();
  const size_t lines = 64 * 1024 / example.text().size() + 1;
  for (size_t i = 0; i < lines; ++i) {
    log.log({example.info, &example.request, nullptr});
  }
  EXPECT_GE(sink.text.size(), 64u * 1024);
}

}  // namespace
}  // namespace wasmgate::proxy
