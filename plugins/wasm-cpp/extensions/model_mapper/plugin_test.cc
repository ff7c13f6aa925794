#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

struct ModelMapper : ::testing::Test {
  /// Sends a JSON body to a model API; returns what upstream gets.
  std::string map(std::vector<std::string> chunks, const char* path = "/v1/chat/completions",
                  const char* content_type = "application/json; charset=utf-8") {
    stream = host.stream();
    stream->request({{":method", "POST"},
                     {":path", path},
                     {"content-type", content_type},
                     {"content-length", "99"}},
                    std::move(chunks));
    return stream->sentRequestBody();
  }
  HostSimulator host;
  std::unique_ptr<wasmgate::testing::StreamSimulator> stream;
};

constexpr const char* kConfig = R"({"modelMapping":{"exact":"E","gpt-4*":"P4","gpt-*":"P",
  "keep-me":"","*":"F"}})";

TEST_F(ModelMapper, ExactThenLongestPrefixThenStar) {
  ASSERT_TRUE(host.configure(kConfig));
  EXPECT_EQ(map({R"({"model":"exact"})"}), R"({"model":"E"})");
  EXPECT_EQ(map({R"({"model":"gpt-4o"})"}), R"({"model":"P4"})");
  EXPECT_EQ(map({R"({"model":"gpt-3"})"}), R"({"model":"P"})");
  EXPECT_EQ(map({R"({"model":"other"})"}), R"({"model":"F"})");
  EXPECT_EQ(map({R"({"model":"keep-me"})"}), R"({"model":"keep-me"})");
  EXPECT_FALSE(stream->requestHeader("content-length"));
}

TEST_F(ModelMapper, KeepsOrderAndBytes) {
  ASSERT_TRUE(host.configure(kConfig));
  EXPECT_EQ(map({R"({ "z":1.0, "model" )", R"(: "exact", "a":[] })"}),
            R"({ "z":1.0, "model" : "E", "a":[] })");
}

TEST_F(ModelMapper, AddsAMissingModelByStar) {
  ASSERT_TRUE(host.configure(kConfig));
  EXPECT_EQ(map({R"({"a":1})"}), R"({"a":1,"model":"F"})");
  ASSERT_TRUE(host.configure(R"({"modelMapping":{"a":"b"}})"));
  EXPECT_EQ(map({R"({"a":1})"}), R"({"a":1})");
}

TEST_F(ModelMapper, LeavesOtherBodiesAlone) {
  ASSERT_TRUE(host.configure(kConfig));
  for (const char* body : {"[]", "not json", R"({"model":1})", R"({"model":null})", "{"}) {
    EXPECT_EQ(map({body}), body);
  }
}

TEST_F(ModelMapper, LooksOnlyAtItsRequests) {
  ASSERT_TRUE(host.configure(R"({"enableOnPathSuffix":["/mine"],"modelMapping":{"*":"F"}})"));
  const char* body = R"({"model":"a"})";
  EXPECT_EQ(map({body}, "/x/mine?q=/other"), R"({"model":"F"})");
  EXPECT_EQ(map({body}, "/v1/rerank"), R"({"model":"F"})");
  EXPECT_EQ(map({body}, "/v1/other"), body);
  EXPECT_EQ(map({body}, "/v1/other?x=/completions"), body);
  EXPECT_EQ(map({body}, "/v1/completions", "text/plain"), body);
  EXPECT_EQ(stream->requestHeader("content-length"), "99");
}

TEST_F(ModelMapper, DoesNotWaitForABodyThatDoesNotCome) {
  ASSERT_TRUE(host.configure(kConfig));
  stream = host.stream();
  EXPECT_EQ(stream->requestHeaders(
                {{":path", "/completions"}, {"content-type", "application/json"}}, true),
            FilterHeadersStatus::Continue);
}

TEST_F(ModelMapper, TrailersEndTheBody) {
  ASSERT_TRUE(host.configure(kConfig));
  stream = host.stream();
  stream->requestHeaders({{":path", "/completions"}, {"content-type", "application/json"}}, false);
  stream->requestBody(R"({"model":"exact"})", false);
  stream->requestTrailers({});
  EXPECT_EQ(stream->sentRequestBody(), R"({"model":"E"})");
}

TEST_F(ModelMapper, UsesAnotherKey) {
  ASSERT_TRUE(host.configure(R"({"modelKey":"engine","modelMapping":{"*":"F"}})"));
  EXPECT_EQ(map({R"({"model":"a","engine":"b"})"}), R"({"model":"a","engine":"F"})");
}

TEST_F(ModelMapper, RaisesTheLimitAndRefusesAboveIt) {
  ASSERT_TRUE(host.configure(kConfig));
  map({"{}"});
  EXPECT_EQ(stream->properties["set_decoder_buffer_limit"], "104857600");
  map({std::string(wasmgate::sdk::kModelBodyLimitBytes + 1, ' '), "x"});
  EXPECT_EQ(stream->reply().code, 413U);
}

TEST_F(ModelMapper, AsksForAFreshVm) {
  ASSERT_TRUE(host.configure(kConfig));
  for (int count = 1; count < 1000; ++count) {
    map({"{}"});
    ASSERT_EQ(stream->properties.count("wasm_need_rebuild"), 0U);
  }
  map({"{}"});
  EXPECT_EQ(stream->properties["wasm_need_rebuild"], "true");
  const uint64_t memory = 200ULL << 20;
  host.properties["plugin_vm_memory"] =
      std::string(reinterpret_cast<const char*>(&memory), sizeof(memory));
  map({"{}"});
  EXPECT_EQ(stream->properties["wasm_need_rebuild"], "true");
}

TEST_F(ModelMapper, RefusesBadConfigurations) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"({"modelMapping":[]})", "modelMapping: expected an object"},
      {R"({"modelMapping":{"a":true}})", "modelMapping.a: expected a string"},
      {R"({"modelKey":""})", "modelKey: must not be empty"},
      {R"({"enableOnPathSuffix":"x"})", "enableOnPathSuffix: expected a list"},
  };
  for (const auto& [json, error] : wrong) {
    host.log.clear();
    EXPECT_FALSE(host.configure(json)) << json;
    EXPECT_NE(host.logText(LogLevel::error).find(error), std::string::npos) << host.logText();
  }
}

}  // namespace
