#include "wasm/host/plugin_worker.h"

#include <algorithm>

#include "fmt/format.h"
#include "wasm/host/vm.h"
#include "wasm/wasm_filter.h"

namespace wasmgate::wasm {
namespace {

/// Ends the waiting for proxy_done.
class DoneTimer final : public TimerEvents {
 public:
  explicit DoneTimer(std::function<void()> run) : run_(std::move(run)) {}
  void on_timer() override { run_(); }

 private:
  std::function<void()> run_;
};

}  // namespace

PluginWorker::PluginWorker(std::shared_ptr<Plugin> plugin, HostServices& services,
                           PluginWorkerEvents& events)
    : plugin_(std::move(plugin)),
      services_(services),
      events_(events),
      pauses_(services, plugin_->spec().limits.pause_limit),
      alive_(std::make_shared<bool>(true)) {}

PluginWorker::~PluginWorker() { *alive_ = false; }

void PluginWorker::adopt(std::unique_ptr<Vm> vm) {
  vm_requested_ = false;
  preparations_failed_ = 0;
  if (retired_) {
    return;  // no longer needed
  }
  if (vm_ != nullptr && !vm_->wants_replacement()) {
    plugin_->store_spare(std::move(vm));
    return;
  }
  if (vm_ != nullptr) {
    old_.push_back({std::move(vm_), {}});
  }
  vm_ = std::move(vm);
  vm_->attach(*this, services_);
  sweep_later();
}

void PluginWorker::preparation_failed(const PluginFailure& failure) {
  vm_requested_ = false;
  down_cause_ = failure.cause;
  plugin_->code().process.logger.log(LogLevel::Error, "{}", failure.message);
  const auto& limits = plugin_->spec().limits;
  auto delay = limits.backoff_min;
  for (uint32_t i = 0; i < preparations_failed_ && delay < limits.backoff_max; ++i) {
    delay *= 2;
  }
  ++preparations_failed_;
  ask_for_vm(std::min(delay, limits.backoff_max));
}

void PluginWorker::ask_for_vm(std::chrono::milliseconds delay) {
  if (vm_requested_ || retired_) {
    return;
  }
  vm_requested_ = true;
  events_.request_vm(*this, delay);
}

filter::FilterPtr PluginWorker::unavailable(Arena& memory) {
  if (plugin_->spec().opens_on(down_cause_)) {
    count(plugin_->metrics().skipped_streams);
    return nullptr;
  }
  count(plugin_->metrics().failed_streams);
  return filter::make_filter<UnavailableFilter>(memory, down_cause_ == FailureCause::Unavailable
                                                            ? filter::FailureKind::PluginUnavailable
                                                            : filter::FailureKind::PluginFailed);
}

filter::FilterPtr PluginWorker::create_filter(Arena& memory) {
  if (vm_ == nullptr) [[unlikely]] {
    return unavailable(memory);
  }
  bool is_probe = false;
  if (!plugin_->crashes().admit(services_.clock().now(), is_probe)) [[unlikely]] {
    down_cause_ = FailureCause::Quarantine;
    return unavailable(memory);
  }
  return filter::make_filter<WasmFilter>(memory, *this, *vm_, is_probe);
}

void PluginWorker::on_vm_failed(Vm& vm, FailureCause cause) {
  const auto decision = plugin_->crashes().on_crash(services_.clock().now(), cause);
  if (decision.quarantined) {
    count(plugin_->metrics().quarantines);
    plugin_->code().log(
        LogLevel::Error,
        has_stand_in_
            ? "broke too often; it is not called any more"
            : "broke too often; it is in quarantine and not called until a probe succeeds");
    events_.on_quarantined(*this);
  }
  if (vm_.get() != &vm) {
    sweep_later();  // one of the old ones
    return;
  }
  // In quarantine no VM is kept either: its timers and queues would go on calling the guest.
  down_cause_ = decision.quarantined ? FailureCause::Quarantine : cause;
  old_.push_back({std::move(vm_), {}});
  replace_vm(has_stand_in_ && !decision.quarantined ? std::chrono::milliseconds(0)
                                                    : decision.delay);
  sweep_later();
}

/// The spare takes over at once, unless the back-off says later. Either way a new VM is asked for:
/// for us, or as the next spare.
void PluginWorker::replace_vm(std::chrono::milliseconds delay) {
  if (retired_) {
    return;
  }
  if (delay.count() == 0) {
    if (auto spare = plugin_->take_spare(); spare != nullptr) {
      vm_ = std::move(spare);
      vm_->set_worker(*this);
      // Not inside the failing call: attaching may enter the new guest. Streams may come before,
      // and break it.
      services_.defer([this, alive = alive_, vm = vm_.get()] {
        if (*alive && owns(vm) && !vm->broken() && !vm->attached()) {
          vm->attach(*this, services_);
        }
      });
    }
  }
  ask_for_vm(delay);
}

bool PluginWorker::owns(const Vm* vm) const {
  return vm_.get() == vm || std::any_of(old_.begin(), old_.end(),
                                        [vm](const OldVm& old) { return old.vm.get() == vm; });
}

void PluginWorker::on_stream_left(Vm& vm, bool was_probe) {
  // A probe that broke its VM is a crash, which on_vm_failed() counts.
  if (was_probe && !vm.broken()) {
    plugin_->crashes().on_probe_ended();
  }
  if (vm_.get() != &vm) {
    sweep_later();
  } else if (vm.wants_replacement()) [[unlikely]] {
    recycle();
  }
}

/// Asks for a VM in place of the one that wants to be replaced.
void PluginWorker::recycle() {
  if (vm_requested_ || retired_) {
    return;
  }
  count(plugin_->metrics().recycled_vms);
  plugin_->code().log(
      LogLevel::Info,
      fmt::format("its VM is replaced: {} bytes of memory, its age, or its own wish",
                  vm_->memory_bytes()));
  ask_for_vm(std::chrono::milliseconds(0));
}

void PluginWorker::retire() {
  if (retired_) {
    return;
  }
  retired_ = true;
  if (vm_ != nullptr) {
    old_.push_back({std::move(vm_), {}});
  }
  sweep_later();
}

bool PluginWorker::idle() const { return old_.empty() && (vm_ == nullptr || vm_->streams() == 0); }

void PluginWorker::sweep_later() {
  if (sweep_posted_) {
    return;
  }
  sweep_posted_ = true;
  services_.defer([this, alive = alive_] {
    if (*alive) {
      sweep_posted_ = false;
      sweep();
    }
  });
}

void PluginWorker::sweep() {
  const auto now = services_.clock().now();
  const auto limit = plugin_->spec().limits.done_timeout;
  std::optional<MonotonicTime> next;
  for (size_t i = 0; i < old_.size(); ++i) {
    Vm& vm = *old_[i].vm;
    if (vm.busy() || vm.streams() > 0) {
      continue;
    }
    if (!vm.broken() && vm.root().end_state() == RootContext::End::Running) {
      vm.root().end();  // may add to old_ by breaking
      old_[i].done_since = now;
    }
    if (!vm.broken() && vm.root().end_state() == RootContext::End::WaitsForDone) {
      if (now - *old_[i].done_since >= limit) {
        plugin_->code().log(LogLevel::Warn,
                            "did not call proxy_done in time; its root context is deleted");
        vm.root().finish_end();
      } else {
        const auto due = *old_[i].done_since + limit;
        next = next ? std::min(*next, due) : due;
      }
    }
  }
  std::erase_if(old_, [](const OldVm& old) {
    return !old.vm->busy() && old.vm->streams() == 0 &&
           (old.vm->broken() || old.vm->root().end_state() == RootContext::End::Ended);
  });
  done_timer_.reset();
  if (next) {
    done_events_ = std::make_unique<DoneTimer>([this] { sweep_later(); });
    done_timer_ = services_.start_timer(std::chrono::ceil<std::chrono::milliseconds>(*next - now),
                                        *done_events_);
  }
}

void PluginWorker::flush_metrics() {
  if (vm_ != nullptr) {
    vm_->flush_metrics();
    if (vm_->wants_replacement()) {
      recycle();
    }
  }
  for (const auto& old : old_) {
    if (!old.vm->broken()) {
      old.vm->flush_metrics();
    }
  }
}

}  // namespace wasmgate::wasm
