#pragma once
// The metrics that a guest defines itself (ABI 1.2.10), under the plug-in's quota.

#include <cstdint>
#include <string_view>
#include <vector>

#include "observe/metrics.h"
#include "wasm/abi/enums.h"

namespace wasmgate::wasm {

class Vm;

class RootMetrics {
 public:
  explicit RootMetrics(Vm& vm) : vm_(vm) {}

  /// A new id for the metric of that name; over the quota: that of one shared overflow metric.
  uint32_t define(MetricType type, std::string_view name);
  /// Counter: adds. Gauge: sets. Histogram: observes. NotFound: unknown id.
  Status record(uint32_t id, uint64_t value);
  Status increment(uint32_t id, int64_t delta);
  Status get(uint32_t id, uint64_t& value) const;

 private:
  const MetricId* find(uint32_t id) const {
    return id != 0 && id <= ids_.size() ? &ids_[id - 1] : nullptr;
  }

  Vm& vm_;
  std::vector<MetricId> ids_;  // the guest's id − 1
  uint32_t overflow_[kMetricTypes] = {};
};

}  // namespace wasmgate::wasm
