#include "wasm/host/plugin_metrics.h"

namespace wasmgate::wasm {

PluginMetrics PluginMetrics::define(MetricRegistry& registry, const std::string& resource,
                                    bool canary) {
  MetricLabels plugin{{"plugin", resource}};
  if (canary) {
    plugin.emplace_back("canary", "true");
  }
  const auto counter = [&](const char* name, const char* help, MetricLabels more = {}) {
    MetricLabels labels = plugin;
    labels.insert(labels.end(), more.begin(), more.end());
    return registry.counter(name, help, labels, resource);
  };
  const auto level = [&](const char* name, const char* help) {
    return registry.up_down(name, help, plugin, resource);
  };
  constexpr auto kFailures = "wasmgate_plugin_failures_total";
  constexpr auto kFailuresHelp = "Times a VM of the plug-in broke, by cause.";
  constexpr auto kStreams = "wasmgate_plugin_unserved_streams_total";
  constexpr auto kStreamsHelp = "Streams that a failure of the plug-in concerned, by outcome.";
  PluginMetrics out;
  out.streams = counter("wasmgate_plugin_streams_total", "Streams that the plug-in saw.");
  out.guest_time = counter("wasmgate_plugin_guest_nanoseconds_total",
                           "Time inside the plug-in's code, sampled once a tick.");
  out.host_calls =
      counter("wasmgate_plugin_host_calls_total", "Host functions that the plug-in called.");
  out.vms = level("wasmgate_plugin_vms", "VMs of the plug-in.");
  out.memory_bytes =
      level("wasmgate_plugin_memory_bytes", "Linear memory of all VMs of the plug-in.");
  out.traps = counter(kFailures, kFailuresHelp, {{"cause", "trap"}});
  out.deadlines = counter(kFailures, kFailuresHelp, {{"cause", "deadline"}});
  out.memory_failures = counter(kFailures, kFailuresHelp, {{"cause", "memory"}});
  out.quarantines =
      counter("wasmgate_plugin_quarantines_total", "Times the plug-in was quarantined.");
  out.skipped_streams = counter(kStreams, kStreamsHelp, {{"outcome", "skipped"}});
  out.failed_streams = counter(kStreams, kStreamsHelp, {{"outcome", "failed"}});
  out.recycled_vms = counter("wasmgate_plugin_recycled_vms_total",
                             "VMs replaced for their memory or on the plug-in's wish.");
  out.log_dropped =
      counter("wasmgate_plugin_log_dropped_total", "Log lines over the plug-in's quota.");
  out.calls_out = counter("wasmgate_plugin_calls_out_total", "Calls the plug-in started.");
  out.calls_out_failed = counter("wasmgate_plugin_calls_out_failed_total",
                                 "Calls that failed to start or gave no answer.");
  out.queue_dropped = counter("wasmgate_plugin_queue_dropped_total",
                              "Queue items dropped because the queue was full.");
  out.shared_data_evicted = counter("wasmgate_plugin_shared_data_evicted_total",
                                    "Shared data keys that had to make room, or did not fit.");
  out.pause_limit = counter("wasmgate_plugin_pause_limit_total",
                            "Streams ended because the plug-in held them too long.");
  out.refused_calls = counter("wasmgate_plugin_refused_calls_total",
                              "Host calls refused by capability, phase or limit.");
  return out;
}

}  // namespace wasmgate::wasm
