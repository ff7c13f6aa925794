#pragma once
// One plug-in of one configuration generation: process-wide, shared by all workers.
//
//   main thread          auto plugin = Plugin::create(module, bytes, spec, process)   links and
//   checks (D1–D6) preparation thread   auto vm = plugin->prepare_vm()                     start,
//   on_vm_start, on_configure (D7, R-24) worker               PluginWorker worker(plugin, services,
//   events);     plugin_worker.h
//                        worker.adopt(std::move(vm));                       by mailbox
//
// The plug-in keeps one prepared VM as a spare; a worker whose VM broke takes it at once and asks
// for a new one.

#include <memory>
#include <mutex>
#include <string_view>

#include "base/result.h"
#include "wasm/abi/module_report.h"
#include "wasm/engine/engine.h"
#include "wasm/host/crash_budget.h"
#include "wasm/host/plugin_code.h"
#include "wasm/host/plugin_metrics.h"
#include "wasm/host/plugin_spec.h"
#include "wasm/host/process_services.h"

namespace wasmgate::wasm {

class Vm;

class Plugin {
 public:
  /// Checks `bytes` (the module as fetched) and links `module` (the same, compiled). `process`
  /// outlives the plug-in. Fails with cause Start and all problems of the load check in one
  /// message. Thread: any.
  static tl::expected<std::shared_ptr<Plugin>, PluginFailure> create(
      std::shared_ptr<const Module> module, std::string_view bytes, PluginSpec spec,
      const ProcessServices& process);
  ~Plugin();

  /// Makes one started and configured VM, ready to be adopted by a worker. Timers and calls that
  /// the guest asks for begin at adoption. Takes as long as the guest does, up to 3 ×
  /// start_deadline. Thread: any but a worker's.
  tl::expected<std::unique_ptr<Vm>, PluginFailure> prepare_vm();

  /// The spare: a prepared VM for whichever worker needs it first. Thread: any.
  std::unique_ptr<Vm> take_spare();
  void store_spare(std::unique_ptr<Vm> vm);
  bool has_spare() const;

  const PluginSpec& spec() const { return code_->spec; }
  const ModuleReport& report() const { return code_->report; }
  const PluginMetrics& metrics() const { return code_->metrics; }
  PluginCode& code() { return *code_; }
  /// Crashes of all workers together. Thread: any.
  CrashBudget& crashes() { return crashes_; }

 private:
  explicit Plugin(std::shared_ptr<PluginCode> code);

  std::shared_ptr<PluginCode> code_;
  CrashBudget crashes_;
  mutable std::mutex spare_mutex_;
  std::unique_ptr<Vm> spare_;
};

}  // namespace wasmgate::wasm
