#include "base/scheduling.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace wasmgate {
namespace {

/// The kernel's struct sched_attr, first version (sched_setattr(2)); its header cannot stand beside
/// the C library's.
struct SchedulingAttributes {
  uint32_t size = sizeof(SchedulingAttributes);
  uint32_t policy = 0;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime = 0;  // for normal threads: the slice, in nanoseconds
  uint64_t deadline = 0;
  uint64_t period = 0;
};

constexpr int kBackgroundNice = 10;  // more than before
constexpr int kMaxNice = 19;
constexpr uint64_t kShortestSlice = 100'000;  // the kernel's lower bound

}  // namespace

void run_soon_after_waking() {
  SchedulingAttributes attributes;
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) == 0) {
    attributes.runtime = kShortestSlice;
    ::syscall(SYS_sched_setattr, 0, &attributes, 0);
  }
}

void run_in_background() {
  // Linux keeps this per thread.
  const int now = ::getpriority(PRIO_PROCESS, 0);
  ::setpriority(PRIO_PROCESS, 0, std::min(now + kBackgroundNice, kMaxNice));
}

}  // namespace wasmgate
