#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

struct SniMisdirect : ::testing::Test {
  SniMisdirect() {
    host.properties = {{"request.protocol", "HTTP/2"},
                       {"request.scheme", "https"},
                       {"connection.requested_server_name", "a.example.com"}};
    host.configure("");
  }
  uint32_t send(const char* authority, HeaderStringPairs headers = {}) {
    const auto stream = host.stream();
    headers.emplace_back(":authority", authority);
    stream->request(std::move(headers));
    if (stream->replied()) {
      EXPECT_EQ(stream->reply().details, "Misdirected Request");
      EXPECT_EQ(stream->reply().body, "");
    }
    return stream->reply().code;
  }
  HostSimulator host;
};

TEST_F(SniMisdirect, ComparesTheHostWithTheServerName) {
  EXPECT_EQ(send("a.example.com"), 0U);
  EXPECT_EQ(send("A.Example.com:8443"), 0U);
  EXPECT_EQ(send("b.example.com"), 421U);
  EXPECT_EQ(send("xa.example.com"), 421U);
}

TEST_F(SniMisdirect, AWildcardNameTakesItsSubdomains) {
  host.properties["connection.requested_server_name"] = "*.example.com";
  EXPECT_EQ(send("b.EXAMPLE.com"), 0U);
  EXPECT_EQ(send("example.com"), 421U);
  EXPECT_EQ(send("a.example.com.evil.org"), 421U);
}

TEST_F(SniMisdirect, SkipsWhatCannotBeMisdirected) {
  EXPECT_EQ(send("other", {{"content-type", "application/grpc"}}), 0U);
  EXPECT_EQ(send("other", {{"content-type", "application/grpc+proto"}}), 0U);
  EXPECT_EQ(send("other", {{"content-type", "application/grpcx"}}), 421U);
  host.properties["request.protocol"] = "HTTP/1.1";
  EXPECT_EQ(send("other"), 0U);
  host.properties["request.protocol"] = "HTTP/2";
  host.properties["request.scheme"] = "http";
  EXPECT_EQ(send("other"), 0U);
  host.properties.erase("request.scheme");
  EXPECT_EQ(send("other"), 421U);
  host.properties.erase("connection.requested_server_name");
  EXPECT_EQ(send("other"), 0U);
}

}  // namespace
