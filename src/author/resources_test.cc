#include "author/resources.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "author/temporary_folder.h"
#include "server/file_io.h"

namespace wasmgate::author {
namespace {

using Json = nlohmann::ordered_json;

class ConfigToTry : public testing::Test {
 protected:
  void spec(const std::string& schema) {
    ASSERT_TRUE(server::write_file_atomically(
        folder.path() + "/spec.yaml",
        "spec:\n  configSchema:\n    openAPIV3Schema: " + schema + "\n", 0600));
  }
  Json config(const std::string& given = "") {
    auto trial = config_to_try(given, folder.path() + "/plugin.wasm").value();
    is_example = trial.is_example;
    return std::move(trial.config);
  }

  TemporaryFolder folder = TemporaryFolder::make().value();
  bool is_example = false;
};

TEST_F(ConfigToTry, IsTheExampleWhenFieldsAreRequired) {
  spec("{type: object, required: [a], example: {a: [1, {b: x}]}}");
  EXPECT_EQ(config(), Json::parse(R"({"a": [1, {"b": "x"}]})"));
  EXPECT_TRUE(is_example);
}

TEST_F(ConfigToTry, IsEmptyWhenNothingIsRequired) {
  spec("{type: object, example: {a: 1}}");
  EXPECT_EQ(config(), Json::object());
  EXPECT_FALSE(is_example);
}

TEST_F(ConfigToTry, IsWhatWasGiven) {
  spec("{type: object, required: [a], example: {a: 1}}");
  EXPECT_EQ(config(R"({"a": 2})"), Json::parse(R"({"a": 2})"));
  EXPECT_FALSE(is_example);
}

TEST_F(ConfigToTry, IsEmptyWithoutASchemaThatHelps) {
  EXPECT_EQ(config(), Json::object());
  for (const char* schema :
       {"{required: [a]}", "{required: [a], example: text}", "[]", "{", "null"}) {
    spec(schema);
    EXPECT_EQ(config(), Json::object()) << schema;
    EXPECT_FALSE(is_example) << schema;
  }
}

TEST_F(ConfigToTry, LooksBesideNoModuleThatIsNoFile) {
  EXPECT_EQ(config_to_try("", PluginSource{"oci://r/p:1", "", nullptr}.module())->config,
            Json::object());
  EXPECT_EQ((PluginSource{"file:///a/plugin.wasm", "", nullptr}.module()), "/a/plugin.wasm");
}

}  // namespace
}  // namespace wasmgate::author
