#include "base/scheduling.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <thread>

namespace wasmgate {
namespace {

// The slice itself shows in no portable way; that nothing else of the thread changes does.
TEST(RunSoonAfterWaking, KeepsPolicyAndPriority) {
  std::thread([] {
    ASSERT_EQ(::setpriority(PRIO_PROCESS, 0, 5), 0);  // of this thread only
    run_soon_after_waking();
    EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), 5);
  }).join();
}

TEST(RunInBackground, LowersThePriorityOfOneThreadAndOfWhatItStarts) {
  const int before = ::getpriority(PRIO_PROCESS, 0);
  std::thread([before] {
    run_in_background();
    EXPECT_GT(::getpriority(PRIO_PROCESS, 0), before);
    std::thread([] { EXPECT_GE(::getpriority(PRIO_PROCESS, 0), 10); }).join();
    ASSERT_EQ(::setpriority(PRIO_PROCESS, 0, 15), 0);
    run_in_background();
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), 15) << "never raised";
  }).join();
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before);
}

}  // namespace
}  // namespace wasmgate
