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

}  // namespace
}  // namespace wasmgate
