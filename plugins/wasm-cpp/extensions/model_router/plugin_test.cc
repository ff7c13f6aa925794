#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

struct ModelRouter : ::testing::Test {
  std::string send(std::vector<std::string> chunks, const char* content_type = "application/json",
                   const char* path = "/v1/chat/completions") {
    stream = host.stream();
    stream->request({{":method", "POST"},
                     {":path", path},
                     {"content-type", content_type},
                     {"content-length", "99"},
                     {"x-model", "from client"}},
                    std::move(chunks));
    return stream->sentRequestBody();
  }
  std::string header(const char* name) { return stream->requestHeader(name).value_or("none"); }

  HostSimulator host;
  std::unique_ptr<wasmgate::testing::StreamSimulator> stream;
};

constexpr const char* kConfig = R"({"modelToHeader":"x-model","addProviderHeader":"x-provider"})";
constexpr const char* kForm = "multipart/form-data; boundary=\"b\"";

TEST_F(ModelRouter, SplitsProviderAndModel) {
  ASSERT_TRUE(host.configure(kConfig));
  EXPECT_EQ(send({R"({"a":1,"model":"qwen/max/x"})"}), R"({"a":1,"model":"max/x"})");
  EXPECT_EQ(header("x-model"), "qwen/max/x");
  EXPECT_EQ(header("x-provider"), "qwen");
  EXPECT_EQ(header("content-length"), "none");
}

TEST_F(ModelRouter, WithoutSlashThereIsNoProvider) {
  ASSERT_TRUE(host.configure(kConfig));
  EXPECT_EQ(send({R"({"model":"max"})"}), R"({"model":"max"})");
  EXPECT_EQ(header("x-model"), "max");
  EXPECT_EQ(header("x-provider"), "none");
}

TEST_F(ModelRouter, WithoutProviderHeaderTheBodyStays) {
  ASSERT_TRUE(host.configure(R"({"modelToHeader":"x-model"})"));
  EXPECT_EQ(send({R"({"model":"qwen/max"})"}), R"({"model":"qwen/max"})");
  EXPECT_EQ(header("x-model"), "qwen/max");
}

TEST_F(ModelRouter, LeavesOtherBodiesAlone) {
  ASSERT_TRUE(host.configure(kConfig));
  for (const char* body : {"[]", "x", R"({"model":1})", R"({"a":1})"}) {
    EXPECT_EQ(send({body}), body);
    EXPECT_EQ(header("x-model"), "from client");
  }
}

TEST_F(ModelRouter, ReadsFormsAsTheyArrive) {
  ASSERT_TRUE(host.configure(kConfig));
  stream = host.stream();
  EXPECT_EQ(stream->requestHeaders({{":path", "/v1/audio/speech"}, {"content-type", kForm}}, false),
            FilterHeadersStatus::StopIteration);
  EXPECT_EQ(stream->requestBody("--b\r\nContent-Disposition: form-data; name=\"mod", false),
            FilterDataStatus::StopIterationAndBuffer);
  EXPECT_EQ(stream->requestBody("el\"\r\n\r\nopenai/tts\r\n--b\r\n", false),
            FilterDataStatus::Continue);
  EXPECT_EQ(header("x-provider"), "openai");
  EXPECT_EQ(header("x-model"), "openai/tts");
  EXPECT_EQ(stream->requestBody("rest", true), FilterDataStatus::Continue);
  EXPECT_EQ(stream->sentRequestBody(),
            "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ntts\r\n--b\r\nrest");
}

TEST_F(ModelRouter, LetsFormsWithoutModelPass) {
  ASSERT_TRUE(host.configure(kConfig));
  EXPECT_EQ(send({"--b\r\nx: y\r\n\r\n", "v\r\n--b--"}, kForm), "--b\r\nx: y\r\n\r\nv\r\n--b--");
  EXPECT_EQ(send({"not a form"}, kForm), "not a form");
  EXPECT_EQ(header("x-model"), "from client");
}

TEST_F(ModelRouter, LooksOnlyAtItsRequests) {
  ASSERT_TRUE(host.configure(kConfig));
  const char* body = R"({"model":"qwen/max"})";
  EXPECT_EQ(send({body}, "application/json", "/other"), body);
  EXPECT_EQ(send({body}, "text/plain"), body);
  ASSERT_TRUE(host.configure(R"({"addProviderHeader":"p","enableOnPathSuffix":["*"]})"));
  EXPECT_EQ(send({body}, "application/json", "/other"), R"({"model":"max"})");
}

TEST_F(ModelRouter, DoesNotWaitForABodyThatDoesNotCome) {
  ASSERT_TRUE(host.configure(kConfig));
  stream = host.stream();
  EXPECT_EQ(stream->requestHeaders(
                {{":path", "/completions"}, {"content-type", "application/json"}}, true),
            FilterHeadersStatus::Continue);
}

TEST_F(ModelRouter, TrailersEndTheBody) {
  ASSERT_TRUE(host.configure(kConfig));
  stream = host.stream();
  stream->requestHeaders({{":path", "/completions"}, {"content-type", "application/json"}}, false);
  stream->requestBody(R"({"model":"qwen/max"})", false);
  stream->requestTrailers({});
  EXPECT_EQ(stream->sentRequestBody(), R"({"model":"max"})");
  EXPECT_EQ(header("x-provider"), "qwen");
}

TEST_F(ModelRouter, RefusesBodiesAboveTheLimit) {
  ASSERT_TRUE(host.configure(kConfig));
  send({std::string(wasmgate::sdk::kModelBodyLimitBytes + 1, ' '), "x"});
  EXPECT_EQ(stream->reply().code, 413U);
}

TEST_F(ModelRouter, RefusesBadConfigurations) {
  EXPECT_FALSE(host.configure(R"({"modelKey":""})"));
  EXPECT_FALSE(host.configure(R"({"modelToHeader":[]})"));
  EXPECT_FALSE(host.configure(R"({"enableOnPathSuffix":[{}]})"));
}

}  // namespace
