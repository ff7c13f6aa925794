#include "wasm/host/root_context.h"

#include <algorithm>
#include <atomic>

#include "wasm/host/plugin_worker.h"
#include "wasm/host/shared_stores.h"
#include "wasm/host/vm.h"

namespace wasmgate::wasm {
namespace {

std::atomic<uint64_t> next_owner{1};  // identities only, no state

}  // namespace

RootContext::RootContext(Vm& vm)
    : callouts(vm),
      metrics(vm),
      vm_(vm),
      self_(std::make_shared<RootContext*>(this)),
      owner_(next_owner.fetch_add(1)) {
  is_root = true;
}

RootContext::~RootContext() { stop(); }

void RootContext::attach() {
  const auto names = std::move(queues_);
  queues_.clear();
  for (const auto& name : names) {
    register_queue(name);
  }
  callouts.attach();
  arm();
}

void RootContext::stop() {
  if (*self_ != nullptr) {
    *self_ = nullptr;
    if (!queues_.empty()) {
      vm_.code().process.stores.forget_owner(owner_);
    }
  }
  timer_.reset();
  tick_ms_ = 0;
  callouts.clear();
}

void RootContext::set_tick(uint32_t period_ms) {
  tick_ms_ = period_ms == 0
                 ? 0
                 : std::max(period_ms, static_cast<uint32_t>(vm_.limits().min_tick.count()));
  timer_.reset();
  arm();
}

void RootContext::arm() {
  auto* services = vm_.services();
  if (tick_ms_ == 0 || services == nullptr || end_ == End::Ended ||
      (vm_.limits().tick_on_one_worker && services->worker_index() != 0)) {
    return;
  }
  timer_ = services->start_timer(milliseconds(tick_ms_), *this);
}

void RootContext::on_timer() {
  if (vm_.broken() || !vm_.has(Callback::Tick)) {
    return;
  }
  Value args[1];
  args[0].u32 = id;
  const auto* before = timer_.get();
  if (!vm_.enter(*this, Callback::Tick, args, 1)) {
    return;
  }
  // Armed again after the callback has returned, unless the callback set another period.
  if (timer_.get() == before) {
    arm();
  }
}

uint32_t RootContext::register_queue(std::string_view name) {
  QueueOwner owner;
  owner.owner = owner_;
  if (auto* services = vm_.services(); services != nullptr) {
    owner.mailbox = services->mailbox();
    owner.ready = [self = std::weak_ptr<RootContext*>(self_)](uint32_t queue) {
      const auto alive = self.lock();
      if (alive != nullptr && *alive != nullptr) {
        (*alive)->on_queue_ready(queue);
      }
    };
  }
  const uint32_t queue = vm_.code().process.stores.register_queue(
      vm_.spec().shared_namespace(), name, std::move(owner), vm_.limits());
  if (queue != 0 && std::find(queues_.begin(), queues_.end(), name) == queues_.end()) {
    queues_.emplace_back(name);
  }
  return queue;
}

void RootContext::on_queue_ready(uint32_t queue) {
  if (vm_.broken() || end_ == End::Ended || !vm_.has(Callback::QueueReady)) {
    return;
  }
  Value args[2];
  args[0].u32 = id;
  args[1].u32 = queue;
  vm_.enter(*this, Callback::QueueReady, args, 2);
}

void RootContext::end() {
  if (end_ != End::Running || vm_.broken()) {
    end_ = End::Ended;
    return;
  }
  Value args[1];
  args[0].u32 = id;
  if (vm_.has(Callback::Done)) {
    in_done_ = true;
    const bool alive = vm_.enter(*this, Callback::Done, args, 1);
    in_done_ = false;
    if (!alive) {
      end_ = End::Ended;
      return;
    }
    if (args[0].u32 == 0 && !done_called_) {
      end_ = End::WaitsForDone;
      return;
    }
  }
  finish_end();
}

bool RootContext::done() {
  if (in_done_) {
    done_called_ = true;
    return true;
  }
  if (end_ != End::WaitsForDone || done_called_) {
    return false;
  }
  done_called_ = true;
  vm_.ask_root();
  return true;
}

void RootContext::run_pending() {
  if (end_ == End::WaitsForDone && done_called_) {
    finish_end();
  }
}

/// on_delete, then nothing more. Also after the time-out.
void RootContext::finish_end() {
  if (end_ == End::Ended) {
    return;
  }
  end_ = End::Ended;
  if (!vm_.broken() && vm_.has(Callback::Delete)) {
    Value args[1];
    args[0].u32 = id;
    vm_.enter(*this, Callback::Delete, args, 1);
  }
  stop();
  if (vm_.worker() != nullptr) {
    vm_.worker()->on_root_ended();
  }
}

}  // namespace wasmgate::wasm
