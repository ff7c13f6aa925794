#pragma once
// What all VMs of one plug-in share: the linked module, the settings, the metrics. Immutable but
// for the log quota. Thread: any.

#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

#include "wasm/abi/module_report.h"
#include "wasm/engine/engine.h"
#include "wasm/host/plugin_metrics.h"
#include "wasm/host/plugin_spec.h"
#include "wasm/host/process_services.h"
#include "wasm/host/shared_stores.h"

namespace wasmgate::wasm {

/// Lines per second of one plug-in, all its VMs together.
class LogQuota {
 public:
  explicit LogQuota(size_t lines_per_second) : limit_(lines_per_second) {}

  /// May one more line be written in the second that `now` is in?
  bool admit(MonotonicTime now);

 private:
  const size_t limit_;
  std::atomic<int64_t> second_{-1};
  std::atomic<size_t> lines_{0};
};

class PluginCode {
 public:
  static tl::expected<std::shared_ptr<PluginCode>, PluginFailure> make(
      std::shared_ptr<const Module> module, std::string_view bytes, PluginSpec spec,
      const ProcessServices& process);
  ~PluginCode();

  const PluginSpec spec;
  const ProcessServices process;
  const ModuleReport report;
  const AbiVersion version;
  const PluginMetrics metrics;
  LogQuota log_quota;

  const LinkedModule& linked() const { return *linked_; }
  /// The data of the plug-in's namespace.
  SharedData& shared_data() { return *shared_data_; }
  /// Is this function or callback on the plug-in's capability list?
  bool allows(std::string_view capability) const {
    return spec.capabilities.empty() || spec.capabilities.contains(std::string(capability));
  }
  /// How many host functions are linked; their `index` is below.
  size_t function_count() const { return functions_.size(); }
  const HostFunction& function(size_t index) const { return functions_[index]; }

  /// Writes a line of the host about this plug-in.
  void log(LogLevel level, std::string_view line) const;

 private:
  PluginCode(PluginSpec s, const ProcessServices& p, ModuleReport r);

  std::shared_ptr<const Module> module_;
  std::vector<HostFunction> functions_;
  std::unique_ptr<LinkedModule> linked_;
  std::shared_ptr<SharedData> shared_data_;
};

}  // namespace wasmgate::wasm
