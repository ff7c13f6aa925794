#include "author/native_cases.h"

#include <gtest/gtest.h>

namespace wasmgate::author {
namespace {

CaseFile parsed(const std::string& text) { return *parse_case("dir/name.yaml", text); }

TEST(NotNative, TellsWhatTheSimulatorsLack) {
  EXPECT_EQ(not_native(parsed("needs: [header-hold]\nrequests: [{body: text}]")), "");
  EXPECT_EQ(not_native(parsed("needs: [http-call]\nrequests: [{}]")), "needs http-call");
  EXPECT_EQ(not_native(parsed("requests: [{body: {base64: /w==}}]")), "has a body that is no text");
  EXPECT_EQ(not_native(parsed("requests: [{body: {repeat: ab, count: 600000}}]")),
            "has a body above 1 MiB");
}

TEST(NativeCases, HaveEverythingWrittenOut) {
  const auto json = nlohmann::json::parse(native_cases({parsed(R"(config: {a: 1}
route: r
requests: [{chunks: [a, b], headers: {x: y}, expect: {status: 403, upstream: none}}])")}));
  ASSERT_EQ(json.size(), 1U);
  EXPECT_EQ(json[0]["name"], "name");
  EXPECT_EQ(json[0]["upstream"]["status"], 200);
  const auto& request = json[0]["requests"][0];
  EXPECT_EQ(request["host"], "example.com");
  EXPECT_EQ(request["pieces"], (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(request["headers"][0][1], "y");
  EXPECT_EQ(request["expect"]["status"], 403);
  EXPECT_EQ(request["expect"]["reached"], "nothing");
  EXPECT_TRUE(request["expect"]["response"]["body"].is_null());
}

TEST(ReadNativeReport, TakesOneResultALine) {
  const auto results = read_native_report(
      "{\"name\":\"a\",\"messages\":[]}\nnoise\n{\"name\":\"b\",\"messages\":[\"why\"]}\n");
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].verdict, Verdict::Passed);
  EXPECT_EQ(results[1].verdict, Verdict::Failed);
  EXPECT_EQ(results[1].messages, (std::vector<std::string>{"why"}));
}

}  // namespace
}  // namespace wasmgate::author
