#include "config/read/plugin_settings.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace wasmgate::config {
namespace {

std::string reference() {
  std::ifstream in(std::string(WASMGATE_SOURCE_DIR) + "/docs/configuration.md");
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(PluginSettings, StandInTheReferenceEachWithItsKind) {
  const std::string text = reference();
  for (const SettingInfo& setting : plugin_setting_table()) {
    const size_t at = text.find("`" + setting.name + "`");
    ASSERT_NE(at, std::string::npos) << setting.name;
    if (setting.kind != "policy") {
      EXPECT_EQ(text.substr(at + setting.name.size() + 5, setting.kind.size()), setting.kind)
          << setting.name;
    }
  }
}

TEST(PluginSettings, HaveDefaultsWithinTheirRanges) {
  // A default outside its own range could be shown but not written.
  for (const SettingInfo& setting : plugin_setting_table()) {
    if (setting.kind == "size" || setting.kind == "duration" || setting.kind == "count") {
      const uint64_t value = std::stoull(setting.default_value);
      const size_t to = setting.range.find(" to ");
      EXPECT_GE(value, std::stoull(setting.range)) << setting.name;
      EXPECT_LE(value, std::stoull(setting.range.substr(to + 4))) << setting.name;
    }
  }
}

}  // namespace
}  // namespace wasmgate::config
