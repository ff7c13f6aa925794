#include "server/vm_preparer.h"

#include <utility>

namespace wasmgate::server {

VmPreparer::VmPreparer() : thread_([this] { run(); }) {}

VmPreparer::~VmPreparer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void VmPreparer::prepare(std::shared_ptr<wasm::Plugin> plugin, std::chrono::milliseconds delay, Deliver deliver) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push({std::chrono::steady_clock::now() + delay, ++serial_, std::move(plugin), std::move(deliver)});
  }
  wake_.notify_all();
}

void VmPreparer::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (jobs_.empty()) {
      wake_.wait(lock);
      continue;
    }
    if (jobs_.top().due > std::chrono::steady_clock::now()) {
      const Time due = jobs_.top().due;
      wake_.wait_until(lock, due);
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
