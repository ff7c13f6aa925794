#include "wasm/host/root_metrics.h"

#include "wasm/host/vm.h"

namespace wasmgate::wasm {
namespace {

MetricKind kind_of(MetricType type) {
  switch (type) {
    case MetricType::Gauge:
      return MetricKind::Gauge;
    case MetricType::Histogram:
      return MetricKind::Histogram;
    case MetricType::Counter:
      break;
  }
  return MetricKind::Counter;
}

constexpr std::string_view kOverflowName = "plugin_metrics_overflow";

}  // namespace

uint32_t RootMetrics::define(MetricType type, std::string_view name) {
  const auto& limits = vm_.limits();
  auto& overflow = overflow_[static_cast<size_t>(type)];
  const bool over = ids_.size() >= limits.metric_count || name.size() > limits.metric_name_bytes;
  if (over && overflow != 0) {
    return overflow;
  }
  MetricDefinition definition;
  definition.name = over ? kOverflowName : name;
  definition.help = "Defined by a plug-in.";
  definition.labels = {{"plugin", vm_.spec().resource}};
  definition.kind = kind_of(type);
  definition.owner = vm_.spec().resource;
  ids_.push_back(vm_.code().process.metrics.define(definition));
  const auto id = static_cast<uint32_t>(ids_.size());
  if (over) {
    overflow = id;
    vm_.code().log(LogLevel::Warn,
                   "a metric is over the plug-in's quota; it counts into plugin_metrics_overflow");
  }
  return id;
}

Status RootMetrics::record(uint32_t id, uint64_t value) {
  const MetricId* metric = find(id);
  if (metric == nullptr) {
    return Status::NotFound;
  }
  auto& registry = vm_.code().process.metrics;
  if (metric->kind == MetricKind::Gauge) {
    registry.set(*metric, static_cast<int64_t>(value));
  } else if (metric->kind == MetricKind::Counter) {
    vm_.count(*metric, static_cast<int64_t>(value));
  } else if (auto* services = vm_.services(); services != nullptr) {
    services->metrics().observe(*metric, value);
  } else {
    registry.observe(*metric, value);
  }
  return Status::Ok;
}

Status RootMetrics::increment(uint32_t id, int64_t delta) {
  const MetricId* metric = find(id);
  if (metric == nullptr) {
    return Status::NotFound;
  }
  if (metric->kind == MetricKind::Histogram ||
      (metric->kind == MetricKind::Counter && delta <= 0)) {
    return Status::BadArgument;
  }
  vm_.count(*metric, delta);
  return Status::Ok;
}

Status RootMetrics::get(uint32_t id, uint64_t& value) const {
  const MetricId* metric = find(id);
  if (metric == nullptr) {
    return Status::NotFound;
  }
  if (metric->kind == MetricKind::Histogram) {
    return Status::BadArgument;
  }
  value = static_cast<uint64_t>(vm_.code().process.metrics.value(*metric));
  return Status::Ok;
}

}  // namespace wasmgate::wasm
