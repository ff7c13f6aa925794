#include "server/vm_preparer.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "base/scheduling.h"

namespace wasmgate::server {

VmPreparer::VmPreparer(std::chrono::milliseconds return_delay)
    : return_delay_(return_delay), thread_([this] { run(); }) {}

VmPreparer::~VmPreparer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void VmPreparer::prepare(std::shared_ptr<wasm::Plugin> plugin, std::chrono::milliseconds delay,
                         Deliver deliver) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push({std::chrono::steady_clock::now() + delay, ++serial_, std::move(plugin),
                std::move(deliver)});
  }
  wake_.notify_all();
}

void VmPreparer::return_memory_later() {
  {
    const std::lock_guard lock(mutex_);
    if (return_at_) {
      return;
    }
    return_at_ = std::chrono::steady_clock::now() + return_delay_;
  }
  wake_.notify_all();
}

std::optional<VmPreparer::Time> VmPreparer::next_due() const {
  if (jobs_.empty()) {
    return return_at_;
  }
  return return_at_ ? std::min(*return_at_, jobs_.top().due) : jobs_.top().due;
}

void VmPreparer::run() {
  run_in_background();
  std::unique_lock lock(mutex_);
  while (!stop_) {
    const auto due = next_due();
    const Time now = std::chrono::steady_clock::now();
    if (!due) {
      wake_.wait(lock);
      continue;
    }
    if (*due > now) {
      wake_.wait_until(lock, *due);
      continue;
    }
    if (return_at_ && *return_at_ <= now) {
      return_at_.reset();
      lock.unlock();
      malloc_trim(0);
      lock.lock();
      continue;
    }
    Job job = jobs_.top();
    jobs_.pop();
    lock.unlock();
    carry_out(job);
    job = {};
    lock.lock();
  }
}

void VmPreparer::carry_out(Job& job) {
  if (job.deliver) {
    std::unique_ptr<wasm::Vm> spare = job.plugin->take_spare();
    job.deliver(spare != nullptr ? Prepared(std::move(spare)) : job.plugin->prepare_vm());
  }
  if (!job.plugin->has_spare()) {
    if (auto vm = job.plugin->prepare_vm()) {
      job.plugin->store_spare(std::move(*vm));
    }
  }
}

}  // namespace wasmgate::server
