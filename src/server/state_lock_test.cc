#include "server/state_lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace wasmgate::server {
namespace {

class StateLockTest : public testing::Test {
 protected:
  StateLockTest() {
    char name[] = "/tmp/state-lock-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~StateLockTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
};

TEST_F(StateLockTest, NamesTheProcessThatHoldsIt) {
  const auto first = StateLock::take(folder_ + "/made");
  ASSERT_TRUE(first) << first.error().detail;
  const auto second = StateLock::take(folder_ + "/made");
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().detail.find("process " + std::to_string(::getpid()) + ";"),
            std::string::npos)
      << second.error().detail;
}

TEST_F(StateLockTest, TakesOverWhatADeadProcessLeft) {
  std::ofstream(folder_ + "/lock") << "4194305\n";
  EXPECT_TRUE(StateLock::take(folder_));
}

TEST_F(StateLockTest, IsFreeAgainAtItsEnd) {
  {
    ASSERT_TRUE(StateLock::take(folder_));
  }
  EXPECT_TRUE(StateLock::take(folder_));
}

TEST_F(StateLockTest, RefusesALinkInItsPlace) {
  std::filesystem::create_symlink(folder_ + "/elsewhere", folder_ + "/lock");
  EXPECT_FALSE(StateLock::take(folder_));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/elsewhere"));
}

}  // namespace
}  // namespace wasmgate::server
