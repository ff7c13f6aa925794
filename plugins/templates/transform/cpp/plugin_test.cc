#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

struct Plugin : ::testing::Test {
  Plugin() { EXPECT_TRUE(host.configure(R"({"set":{"model":"small","n":1}})")); }

  /// Sends a body in pieces; what goes upstream.
  std::string send(std::vector<std::string> pieces, const char* type = "application/json") {
    const auto stream = host.stream();
    stream->request({{":method", "POST"}, {"content-type", type}, {"content-length", "1"}},
                    std::move(pieces));
    status = stream->reply().code;
    return stream->sentRequestBody();
  }

  HostSimulator host;
  uint32_t status = 0;
};

TEST_F(Plugin, SetsFields) {
  EXPECT_EQ(send({R"({"model":"large",)", R"("a":2})"}), R"({"a":2,"model":"small","n":1})");
}

TEST_F(Plugin, LeavesOtherBodiesAlone) {
  EXPECT_EQ(send({"[1]"}), "[1]");
  EXPECT_EQ(send({R"({"a":2})"}, "text/plain"), R"({"a":2})");
}

TEST_F(Plugin, RefusesLargeBodies) {
  EXPECT_EQ(send({std::string(PluginContext::kBodyLimitBytes + 1, 'x'), "x"}), "");
  EXPECT_EQ(status, 413U);
}

TEST_F(Plugin, RefusesConfigurationsWithoutFields) {
  for (const char* text : {"{}", R"({"set":{}})", R"({"set":["a"]})"}) {
    EXPECT_FALSE(host.configure(text)) << text;
  }
}

}  // namespace
