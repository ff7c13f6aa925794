#include "cli/list_printer.h"

#include <gtest/gtest.h>

#include "cli/plugin_status.h"

namespace wasmgate::cli {
namespace {

using Json = nlohmann::ordered_json;

TEST(TableText, PadsColumnsAndMarksEmptyCells) {
  EXPECT_EQ(table_text({"NAME", "READY"}, {{"ns/long-name", "True"}, {"x", ""}}, true),
            "NAME           READY\nns/long-name   True\nx              -\n");
  EXPECT_EQ(table_text({"NAME", "READY"}, {{"x", "True"}}, false), "x   True\n");
}

TEST(YamlText, NestsListsAndObjects) {
  const Json value = {{"plugins", {{{"name", "a: b"}, {"rules", {1, 2}}}, {{"name", nullptr}}}},
                      {"empty", Json::array()}};
  EXPECT_EQ(
      yaml_text(value),
      "plugins:\n  - name: \"a: b\"\n    rules:\n      - 1\n      - 2\n  - name: null\nempty: "
      "[]\n");
}

TEST(SelectPlugins, TakesFullAndShortNames) {
  const Json all = {{{"resource", "a/x"}}, {{"resource", "b/x"}}, {{"resource", "b/y"}}};
  EXPECT_EQ(select_plugins(all, "")->size(), 3U);
  EXPECT_EQ(select_plugins(all, "x")->size(), 2U);
  EXPECT_EQ(select_plugins(all, "b/x")->size(), 1U);
  EXPECT_NE(select_plugins(all, "z").error().detail.find("a/x, b/x, b/y"), std::string::npos);
}

TEST(SummaryOf, NamesTheFirstConditionThatFails) {
  const Json plugin = {{"conditions",
                        {{{"type", "Accepted"}, {"status", "True"}},
                         {{"type", "ResolvedRefs"}, {"status", "False"}, {"reason", "First"}},
                         {{"type", "Programmed"}, {"status", "False"}, {"reason", "Second"}}}}};
  EXPECT_EQ(summary_of(plugin).ready, "False");
  EXPECT_EQ(summary_of(plugin).reason, "First");
}

TEST(VersionOf, IsTheTagOrTheDigest) {
  EXPECT_EQ(version_of("oci://r.example.com/x:1.0.0"), "1.0.0");
  EXPECT_EQ(version_of("r.example.com/x@sha256:" + std::string(64, 'a')), "sha256:aaaaaaaaaaaa");
  EXPECT_EQ(version_of("file:///plugin.wasm"), "");
}

}  // namespace
}  // namespace wasmgate::cli
