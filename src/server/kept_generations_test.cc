#include "server/kept_generations.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "artifact/layout_archive.h"

namespace wasmgate::server {
namespace {

class KeptGenerationsTest : public testing::Test {
 protected:
  KeptGenerationsTest() { EXPECT_TRUE(scratch.open()); }

  std::vector<config::SourceText> version(int n) { return {{"conf/a.yaml", std::to_string(n)}}; }
  size_t count() const {
    const std::filesystem::directory_iterator all(scratch.path());
    return static_cast<size_t>(std::distance(begin(all), end(all)));
  }

  artifact::ScratchFolder scratch;
};

TEST_F(KeptGenerationsTest, GivesTheNewestThatDiffers) {
  KeptGenerations kept(scratch.path());
  EXPECT_EQ(kept.previous(version(1)).error().code, ErrorCode::NotFound);
  for (const int n : {1, 2, 2, 3}) {
    ASSERT_TRUE(kept.keep(version(n)));
  }
  EXPECT_EQ(count(), 3U);
  EXPECT_EQ(kept.previous(version(3))->front().text, "2");
  EXPECT_EQ(kept.previous(version(9))->front().text, "3");
}

TEST_F(KeptGenerationsTest, KeepsTen) {
  KeptGenerations kept(scratch.path());
  for (int n = 0; n < 25; ++n) {
    ASSERT_TRUE(kept.keep(version(n)));
  }
  EXPECT_EQ(count(), KeptGenerations::kCount);
  EXPECT_EQ(KeptGenerations(scratch.path()).previous(version(24))->front().text, "23");
}

}  // namespace
}  // namespace wasmgate::server
