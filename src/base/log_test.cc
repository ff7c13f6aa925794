#include "base/log.h"

#include <gtest/gtest.h>

namespace wasmgate {
namespace {

TEST(EscapeControl, MakesOneSafeLine) {
  EXPECT_EQ(escape_control("a\nb\x1b[0m\x7f"), "a\\x0ab\\x1b[0m\\x7f");
}

TEST(EscapeControl, KeepsUtf8) { EXPECT_EQ(escape_control("Grüße"), "Grüße"); }

TEST(Logger, DropsLinesBelowItsLevel) {
  MemoryLogger log;
  log.set_level(LogLevel::Warn);
  log.info("no {}", 1);
  log.warn("yes {}", 2);
  EXPECT_EQ(log.text(), "warn yes 2\n");
}

TEST(ParseLogLevel, KnowsItsWordsOnly) {
  EXPECT_EQ(parse_log_level("error"), LogLevel::Error);
  EXPECT_EQ(parse_log_level("loud"), std::nullopt);
}

}  // namespace
}  // namespace wasmgate
