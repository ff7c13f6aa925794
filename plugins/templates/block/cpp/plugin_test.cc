#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

/// Status of the refusal of a request; 0: it passed.
uint32_t refusal(HostSimulator& host, const char* path) {
  const auto stream = host.stream();
  stream->request({{":path", path}});
  return stream->reply().code;
}

TEST(Plugin, RefusesListedTexts) {
  HostSimulator host;
  ASSERT_TRUE(host.configure(R"({"block_paths":["swagger","debug=1"],"status":404})"));
  EXPECT_EQ(refusal(host, "/a/swagger.html"), 404U);
  EXPECT_EQ(refusal(host, "/?debug=1"), 404U);
  EXPECT_EQ(refusal(host, "/Swagger"), 0U);
}

TEST(Plugin, KeepsRoutesApart) {
  HostSimulator host;
  ASSERT_TRUE(host.configure(R"({"_rules_":[{"_match_route_":["a"],"block_paths":["x"]}]})"));
  host.properties["route_name"] = "a";
  EXPECT_EQ(refusal(host, "/x"), 403U);
  host.properties["route_name"] = "b";
  EXPECT_EQ(refusal(host, "/x"), 0U);
}

TEST(Plugin, RefusesConfigurationsThatBlockNothingOrEverything) {
  HostSimulator host;
  for (const char* text : {"{}", R"({"block_paths":[]})", R"({"block_paths":[""]})",
                           R"({"block_paths":["x"],"status":200})"}) {
    EXPECT_FALSE(host.configure(text)) << text;
  }
}

}  // namespace
