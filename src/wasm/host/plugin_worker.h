#pragma once
// One plug-in on one worker: makes the filters of its streams, owns its VM, replaces a broken VM by
// a prepared one, and ends gracefully when the configuration generation is over.

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "filter/filter.h"
#include "wasm/host/host_services.h"
#include "wasm/host/pauses.h"
#include "wasm/host/plugin.h"

namespace wasmgate::wasm {

class Vm;
class WasmFilter;

/// What the worker's owner (the server) does for it.
class PluginWorkerEvents {
 public:
  virtual ~PluginWorkerEvents() = default;

  /// A VM is missing: prepare one on the preparation thread after `delay` and adopt() it here. Also
  /// store a spare in the plug-in when it has none. Called at most once until adopt() or
  /// preparation_failed() answers.
  virtual void request_vm(class PluginWorker& worker, std::chrono::milliseconds delay) = 0;

  /// The plug-in has spent its crash budget and is in quarantine.
  virtual void on_quarantined(class PluginWorker& /*worker*/) {}
};

class PluginWorker final : public filter::FilterFactory {
 public:
  /// `services` and `events` outlive this object.
  PluginWorker(std::shared_ptr<Plugin> plugin, HostServices& services, PluginWorkerEvents& events);
  ~PluginWorker() override;

  /// Takes a prepared VM: as the one in use when there is none or it wants to be replaced (it then
  /// ends when its streams have ended), else as the plug-in's spare.
  void adopt(std::unique_ptr<Vm> vm);
  /// The requested VM could not be prepared; asks again after a back-off.
  void preparation_failed(const PluginFailure& failure);

  filter::FilterPtr create_filter(Arena& memory) override;

  /// Another generation takes the streams that this one cannot, so a broken VM is replaced without
  /// a back-off.
  void set_has_stand_in(bool has) { has_stand_in_ = has; }
  /// False while there is no VM, and for good once the crash budget was spent.
  bool can_take_streams() const { return vm_ != nullptr && plugin_->crashes().quarantines() == 0; }

  /// Ends: on_done of the root context, proxy_done awaited up to the limit, on_delete. Streams
  /// still running keep their VM; call it once the generation is no longer active. `idle()` tells
  /// when the object may be destroyed without cutting anything off.
  void retire();
  bool idle() const;

  /// Writes the counters that VMs keep for themselves into the metrics and replaces a VM that uses
  /// too much memory or is too old. Call it a few times a second.
  void flush_metrics();

  Plugin& plugin() { return *plugin_; }
  const std::shared_ptr<Plugin>& shared_plugin() const { return plugin_; }
  HostServices& services() { return services_; }
  /// The VM for new streams; null while there is none.
  Vm* vm() { return vm_.get(); }

 private:
  friend class Vm;
  friend class RootContext;
  friend class WasmFilter;

  Pauses& pauses() { return pauses_; }
  void count(MetricId metric) { services_.metrics().add(metric); }
  /// From the VM, inside its failing call: it is destroyed after the current event.
  void on_vm_failed(Vm& vm, FailureCause cause);
  /// A stream let go of `vm`.
  void on_stream_left(Vm& vm, bool was_probe);
  void on_root_ended() { sweep_later(); }

  filter::FilterPtr unavailable(Arena& memory);
  void recycle();
  void replace_vm(std::chrono::milliseconds delay);
  void ask_for_vm(std::chrono::milliseconds delay);
  /// Ends VMs in old_ whose streams have ended; destroys those that have ended. Never while a guest
  /// is on the stack.
  void sweep();
  bool owns(const Vm* vm) const;
  void sweep_later();

  std::shared_ptr<Plugin> plugin_;
  HostServices& services_;
  PluginWorkerEvents& events_;
  Pauses pauses_;
  struct OldVm {
    std::unique_ptr<Vm> vm;
    std::optional<MonotonicTime> done_since;  // waits for proxy_done
  };
  std::unique_ptr<Vm> vm_;
  std::vector<OldVm> old_;
  std::unique_ptr<Handle> done_timer_;
  std::unique_ptr<TimerEvents> done_events_;
  FailureCause down_cause_ = FailureCause::Unavailable;  // why there is no VM
  std::shared_ptr<bool> alive_;
  uint32_t preparations_failed_ = 0;
  bool vm_requested_ = false;
  bool sweep_posted_ = false;
  bool retired_ = false;
  bool has_stand_in_ = false;
};

}  // namespace wasmgate::wasm
