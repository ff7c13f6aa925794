#include "artifact/plugin_file.h"

#include <gtest/gtest.h>

#include "artifact/digest.h"

namespace wasmgate::artifact {
namespace {

const std::string kSmallModule("\0asm\1\0\0\0", 8);

TEST(Sha256, MatchesTheKnownDigestOfNothing) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(CheckPluginCode, AcceptsAModuleAndNamesItsDigest) {
  const auto code = check_plugin_code(kSmallModule, "", 100, "x");
  ASSERT_TRUE(code.has_value());
  EXPECT_EQ(code->digest, sha256_hex(kSmallModule));
}

TEST(CheckPluginCode, RefusesOtherBytes) {
  const auto code = check_plugin_code("<html>not found</html>", "", 100, "x");
  ASSERT_FALSE(code.has_value());
  EXPECT_EQ(code.error().code, ErrorCode::Malformed);
}

TEST(CheckPluginCode, RefusesAnotherDigestAndSaysWhatWasCompared) {
  const auto code = check_plugin_code(kSmallModule, std::string(64, '0'), 100, "x");
  ASSERT_FALSE(code.has_value());
  EXPECT_NE(code.error().detail.find("module's bytes"), std::string::npos);
}

TEST(CheckPluginCode, HoldsItsLimit) {
  EXPECT_TRUE(check_plugin_code(kSmallModule, "", 8, "x").has_value());
  const auto code = check_plugin_code(kSmallModule, "", 7, "x");
  ASSERT_FALSE(code.has_value());
  EXPECT_EQ(code.error().code, ErrorCode::LimitExceeded);
}

TEST(ReadPluginFile, TellsWhatIsMissing) {
  const auto code = read_plugin_file("/nonexistent/plugin.wasm", "", 100);
  ASSERT_FALSE(code.has_value());
  EXPECT_EQ(code.error().code, ErrorCode::NotFound);
  EXPECT_NE(code.error().detail.find("/nonexistent/plugin.wasm"), std::string::npos);
}

TEST(ReadPluginFile, RefusesAFolder) {
  const auto code = read_plugin_file("/", "", 100);
  ASSERT_FALSE(code.has_value());
  EXPECT_EQ(code.error().code, ErrorCode::Refused);
}

}  // namespace
}  // namespace wasmgate::artifact
