#pragma once
// One plug-in on one worker: makes the filters of its streams, owns its VM, replaces a broken VM by a prepared one, and ends
// gracefully when the configuration generation is over.

#include <memory>
#include <string_view>
#include <vector>

#include "filter/filter.h"
#include "wasm/host/host_services.h"
#include "wasm/host/plugin.h"

namespace wasmgate::wasm {

class Vm;
class WasmFilter;

/// What the worker's owner (the server) does for it.
class PluginWorkerEvents {
 public:
  virtual ~PluginWorkerEvents() = default;

  /// A VM is missing: prepare one on the preparation thread after `delay` and adopt() it here. Also store a spare in the plug-in
  /// when it has none. Called at most once until adopt() or preparation_failed() answers.
  virtual void request_vm(class PluginWorker& worker, std::chrono::milliseconds delay) = 0;
};

class PluginWorker final : public filter::FilterFactory {
 public:
  /// `services` and `events` outlive this object.
  PluginWorker(std::shared_ptr<Plugin> plugin, HostServices& services, PluginWorkerEvents& events);
  ~PluginWorker() override;

  /// Takes a prepared VM. The one in use, if any, ends when its streams have ended.
  void adopt(std::unique_ptr<Vm> vm);
  /// The requested VM could not be prepared; asks again after a back-off.
  void preparation_failed(const PluginFailure& failure);

  std::unique_ptr<filter::Filter> create_filter() override;

  /// Ends: on_done of the root context, proxy_done awaited up to the limit, on_delete. Streams still running keep their VM; call
  /// it once the generation is no longer active. `idle()` tells when the object may be destroyed without cutting anything off.
  void retire();
  bool idle() const;

  /// Writes the counters that VMs keep for themselves into the metrics. Call it about once a second.
  void flush_metrics();

  Plugin& plugin() { return *plugin_; }
  HostServices& services() { return services_; }
  /// The VM for new streams; null while there is none.
  Vm* vm() { return vm_.get(); }

 private:
  friend class Vm;
  friend class WasmFilter;

  void on_vm_failed(Vm& vm, FailureCause cause);
  void on_stream_ended(Vm& vm);
  void recycle();
  void bury(std::unique_ptr<Vm> vm);
  void sweep();
  void replace_vm(FailureCause cause);
  void ask_for_vm(std::chrono::milliseconds delay);

  struct Pauses;

  std::shared_ptr<Plugin> plugin_;
  HostServices& services_;
  PluginWorkerEvents& events_;
  std::unique_ptr<Vm> vm_;
  std::vector<std::unique_ptr<Vm>> old_;  // still have streams, or wait for proxy_done
  std::unique_ptr<Pauses> pauses_;
  FailureCause down_cause_ = FailureCause::Unavailable;
  std::shared_ptr<bool> alive_;
  bool vm_requested_ = false;
  bool sweep_posted_ = false;
  bool retired_ = false;
};

}  // namespace wasmgate::wasm
