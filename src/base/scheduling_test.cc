#include "base/scheduling.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>

namespace wasmgate {
namespace {

// The slice itself shows in no portable way; that nothing else of the thread changes does.
TEST(RunSoonAfterWaking, KeepsPolicyAndPriority) {
  std::thread([] {
    const int policy = ::sched_getscheduler(0);
    run_in_background();
    const int nice = ::getpriority(PRIO_PROCESS, 0);
    run_soon_after_waking();
    EXPECT_EQ(::sched_getscheduler(0), policy);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), nice);
  }).join();
}

TEST(RunInBackground, LowersThePriorityOfOneThreadAndOfWhatItStarts) {
  const int before = ::getpriority(PRIO_PROCESS, 0);
  std::thread([before] {
    run_in_background();
    const int expected = std::min(before + 10, 19);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), expected);
    std::thread([expected] { EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), expected); }).join();
  }).join();
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before);
}

}  // namespace
}  // namespace wasmgate
