#include "server/plugin_spec.h"

#include <type_traits>

#include "artifact/digest.h"

namespace wasmgate::server {
namespace {

wasm::FailureCause cause_of(config::FailCause cause) {
  switch (cause) {
    case config::FailCause::Unavailable:
      return wasm::FailureCause::Unavailable;
    case config::FailCause::Start:
      return wasm::FailureCause::Start;
    case config::FailCause::Configure:
      return wasm::FailureCause::Configure;
    case config::FailCause::Trap:
      return wasm::FailureCause::Trap;
    case config::FailCause::Deadline:
      return wasm::FailureCause::Deadline;
    case config::FailCause::Memory:
      return wasm::FailureCause::Memory;
    case config::FailCause::Quarantine:
      return wasm::FailureCause::Quarantine;
  }
  return wasm::FailureCause::Unavailable;
}

wasm::PluginLimits limits_of(const config::PluginLimits& from) {
  wasm::PluginLimits to;
  to.memory_limit_bytes = from.memory_limit_bytes;
  to.table_elements = from.table_elements;
  to.call_deadline = from.call_deadline;
  to.start_deadline = from.start_deadline;
  to.request_deadline = from.request_deadline;
  to.pause_limit = from.pause_limit;
  to.min_tick = from.min_tick;
  to.log_lines_per_second = from.log_lines_per_second;
  to.log_line_bytes = from.log_line_bytes;
  to.shared_data_keys = from.shared_data_keys;
  to.shared_data_bytes = from.shared_data_bytes;
  to.queue_count = from.queue_count;
  to.queue_items = from.queue_items;
  to.queue_bytes = from.queue_bytes;
  to.metric_count = from.metric_count;
  to.callouts_per_stream = from.callouts_per_stream;
  to.callouts = from.callouts;
  to.callout_response_bytes = from.callout_response_bytes;
  to.crash_budget = from.crash_budget;
  to.crash_window = from.crash_window;
  to.backoff_min = from.backoff_min;
  to.backoff_max = from.backoff_max;
  to.recycle_memory_percent = from.recycle_memory_percent;
  to.recycle_age = from.recycle_age;
  to.allow_on_headers_stop_iteration = from.allow_on_headers_stop_iteration;
  to.first_header_value_only = from.first_header_value_only;
  to.final_body_callback_before_trailers = from.final_body_callback_before_trailers;
  return to;
}

// Builds an unambiguous text of many values: each is preceded by its length.
class KeyText {
 public:
  KeyText& add(std::string_view text) {
    text_.append(std::to_string(text.size())).append(":").append(text);
    return *this;
  }
  template <class T>
    requires std::is_arithmetic_v<T>
  KeyText& add(T value) {
    return add(std::to_string(value));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

wasm::PluginSpec make_plugin_spec(const config::Plugin& plugin, const std::string& digest,
                                  uint64_t generation, const std::string& node_id) {
  wasm::PluginSpec spec;
  spec.name = plugin.name;
  spec.resource = plugin.resource;
  spec.root_id = plugin.root_id;
  spec.digest = digest;
  spec.generation = std::to_string(generation);
  spec.configuration = plugin.configuration;
  spec.vm_configuration = plugin.vm_configuration;
  spec.environment = plugin.environment;
  spec.capabilities = plugin.capabilities;
  spec.callout_clusters = plugin.callout_clusters;
  spec.node_id = node_id;
  spec.limits = limits_of(plugin.limits);
  spec.fail_open = plugin.fail_strategy == config::FailStrategy::Open;
  for (const auto& [cause, strategy] : plugin.fail_on) {
    spec.fail_open_on[cause_of(cause)] = strategy == config::FailStrategy::Open;
  }
  spec.required = plugin.required;
  return spec;
}

std::string plugin_key(const wasm::PluginSpec& spec) {
  KeyText key;
  key.add(spec.name).add(spec.vm_id).add(spec.root_id).add(spec.digest);
  key.add(spec.configuration.has_value() ? 1 : 0)
      .add(spec.configuration.value_or(""))
      .add(spec.vm_configuration);
  for (const auto& [name, value] : spec.environment) {
    key.add(name).add(value);
  }
  key.add("capabilities");
  for (const auto& capability : spec.capabilities) {
    key.add(capability);
  }
  key.add("clusters");
  for (const auto& cluster : spec.callout_clusters) {
    key.add(cluster);
  }
  key.add(spec.fail_open ? 1 : 0).add(spec.required ? 1 : 0);
  for (const auto& [cause, open] : spec.fail_open_on) {
    key.add(static_cast<int>(cause)).add(open ? 1 : 0);
  }
  const wasm::PluginLimits& l = spec.limits;
  key.add(l.memory_limit_bytes)
      .add(l.table_elements)
      .add(l.call_deadline.count())
      .add(l.start_deadline.count());
  key.add(l.request_deadline.count())
      .add(l.pause_limit.count())
      .add(l.min_tick.count())
      .add(l.log_lines_per_second);
  key.add(l.log_line_bytes)
      .add(l.shared_data_keys)
      .add(l.shared_data_bytes)
      .add(l.queue_count)
      .add(l.queue_items);
  key.add(l.queue_bytes)
      .add(l.metric_count)
      .add(l.callouts_per_stream)
      .add(l.callouts)
      .add(l.callout_response_bytes);
  key.add(l.crash_budget)
      .add(l.crash_window.count())
      .add(l.backoff_min.count())
      .add(l.backoff_max.count());
  key.add(l.recycle_memory_percent).add(l.recycle_age.count());
  key.add(l.allow_on_headers_stop_iteration ? 1 : 0).add(l.first_header_value_only ? 1 : 0);
  key.add(l.final_body_callback_before_trailers ? 1 : 0);
  key.add(spec.canary ? 1 : 0);
  return artifact::sha256_hex(key.text());
}

}  // namespace wasmgate::server
