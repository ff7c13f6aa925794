#include "net/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "base/check.h"

namespace wasmgate::net {

Mailbox::Mailbox() : wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  WASMGATE_CHECK(wake_.valid());
}

void Mailbox::post(std::function<void()> work) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = work_.empty();
    work_.push_back(std::move(work));
  }
  if (first) {
    const uint64_t one = 1;
    // Fails only when the counter is full, and then the reader is awake already.
    (void)!::write(wake_.fd(), &one, sizeof one);
  }
}

void Mailbox::run() {
  uint64_t count = 0;
  (void)!::read(wake_.fd(), &count, sizeof count);  // nothing to read is fine
  std::vector<std::function<void()>> now;
  {
    const std::lock_guard lock(mutex_);
    now.swap(work_);
  }
  for (auto& work : now) {
    work();
  }
}

}  // namespace wasmgate::net
