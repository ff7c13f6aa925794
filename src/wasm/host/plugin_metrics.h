#pragma once
// The metrics of one plug-in (D41), labelled with its resource name. Counted by the workers into
// their shards.

#include <string>

#include "observe/metrics.h"

namespace wasmgate::wasm {

struct PluginMetrics {
  MetricId streams;       // streams that the plug-in saw
  MetricId guest_time;    // nanoseconds inside the guest, sampled by the engine's ticks
  MetricId host_calls;    // host functions called
  MetricId vms;           // VMs alive
  MetricId memory_bytes;  // of all VMs
  MetricId traps;         // by cause
  MetricId deadlines;
  MetricId memory_failures;
  MetricId quarantines;
  MetricId skipped_streams;  // fail-open
  MetricId failed_streams;   // fail-closed
  MetricId recycled_vms;
  MetricId log_dropped;
  MetricId calls_out;
  MetricId calls_out_failed;
  MetricId queue_dropped;
  MetricId shared_data_evicted;
  MetricId pause_limit;
  MetricId refused_calls;  // capability, phase or limit

  /// `canary`: the label canary="true" is added, so that both generations can be told apart and
  /// summed.
  static PluginMetrics define(MetricRegistry& registry, const std::string& resource,
                              bool canary = false);
};

}  // namespace wasmgate::wasm
