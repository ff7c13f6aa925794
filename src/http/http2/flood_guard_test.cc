#include "http/http2/flood_guard.h"

#include <gtest/gtest.h>

namespace wasmgate::http {
namespace {

constexpr uint8_t kPriority = 2;
constexpr uint8_t kWindowUpdate = 8;
constexpr uint8_t kPing = 6;

TEST(TokenBucket, RefillsUpToItsBurst) {
  ManualClock clock;
  TokenBucket bucket(clock, 2, 20);
  EXPECT_TRUE(bucket.take());
  EXPECT_TRUE(bucket.take());
  EXPECT_FALSE(bucket.take());
  clock.advance(std::chrono::milliseconds(50));
  EXPECT_TRUE(bucket.take());
  EXPECT_FALSE(bucket.take());
  clock.advance(std::chrono::hours(1));
  EXPECT_TRUE(bucket.take());
  EXPECT_TRUE(bucket.take());
  EXPECT_FALSE(bucket.take());
}

class FloodGuardTest : public testing::Test {
 protected:
  /// How many frames of that type pass.
  int passing(uint8_t type, int most = 10'000) {
    int count = 0;
    while (count < most && guard.on_frame(type, 0).empty()) {
      ++count;
    }
    return count;
  }

  ManualClock clock;
  Http2Limits limits;
  FloodGuard guard{limits, 1024, clock};
};

TEST_F(FloodGuardTest, CountsPrioritiesByStreams) {
  guard.on_stream_opened();
  EXPECT_EQ(passing(kPriority), 200);
}

TEST_F(FloodGuardTest, AllowsWindowUpdatesForDataThatWasSent) {
  EXPECT_EQ(passing(kWindowUpdate), 20);
  guard.on_data_sent();
  EXPECT_EQ(passing(kWindowUpdate), 9);  // ten more, one was taken by the refused frame
}

TEST_F(FloodGuardTest, LimitsControlFramesByTime) {
  EXPECT_EQ(passing(kPing), 200);
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(passing(kPing), 50);
}

TEST_F(FloodGuardTest, CountsResetsFromBothCauses) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(guard.on_reset().empty());
    EXPECT_TRUE(guard.on_frame(3, 4).empty());
  }
  EXPECT_EQ(guard.on_reset(), "http2.too_many_resets");
}

TEST_F(FloodGuardTest, BoundsOneHeaderBlock) {
  EXPECT_TRUE(guard.on_frame(1, 1000).empty());
  EXPECT_TRUE(guard.on_frame(9, 24).empty());
  EXPECT_EQ(guard.on_frame(9, 1), "http2.header_block_too_large");
  EXPECT_TRUE(guard.on_frame(1, 1024).empty());
}

}  // namespace
}  // namespace wasmgate::http
