#include "base/scheduling.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <thread>

namespace wasmgate {
namespace {

/// The calling thread's slice in nanoseconds; 0 where the kernel tells none (before Linux 6.12).
uint64_t slice() {
  std::array<uint64_t, 6> attributes{};  // the kernel's struct sched_attr, first version
  constexpr size_t kRuntime = 3;
  ::syscall(SYS_sched_getattr, 0, attributes.data(), sizeof attributes, 0);
  return attributes[kRuntime];
}

TEST(RunSoonAfterWaking, ShortensTheSliceOfOneThread) {
  const uint64_t before = slice();
  if (before == 0) {
    GTEST_SKIP() << "this kernel knows no slices of threads";
  }
  std::thread([before] {
    run_soon_after_waking();
    EXPECT_LT(slice(), before);
  }).join();
  EXPECT_EQ(slice(), before);
}

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
