#pragma once
// What the host needs to know of one plug-in, as plain data. The server copies it from the
// configuration model; this room does not know that model.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace wasmgate::wasm {

using std::chrono::milliseconds;

/// What can go wrong with a plug-in; the failure policy may differ per cause.
enum class FailureCause : uint8_t {
  Unavailable,
  Start,
  Configure,
  Trap,
  Deadline,
  Memory,
  Quarantine
};
inline constexpr size_t kFailureCauses = 7;

/// "unavailable", "start", "configure", "trap", "deadline", "memory", "quarantine".
std::string_view to_string(FailureCause cause);

/// What one plug-in may use. Every number is configuration; the defaults are those of the gateway
/// (decision 8, reliability 1.2).
struct PluginLimits {
  size_t memory_limit_bytes = 64ULL * 1024 * 1024;
  uint32_t table_elements = 100'000;
  milliseconds call_deadline{50};
  milliseconds start_deadline{1'000};  // start, on_vm_start, on_configure
  milliseconds request_deadline{200};  // guest time per stream
  milliseconds pause_limit{60'000};    // then 504
  milliseconds min_tick{10};
  milliseconds done_timeout{5'000};  // how long a retired root context may wait with proxy_done
  size_t log_lines_per_second = 1'000;
  size_t log_line_bytes = 16 * 1024;
  size_t shared_data_keys = 10'000;
  size_t shared_data_bytes = 16ULL * 1024 * 1024;
  size_t shared_data_key_bytes = 1024;
  size_t shared_data_value_bytes = 1024 * 1024;
  size_t queue_count = 64;
  size_t queue_items = 10'000;
  size_t queue_bytes = 16ULL * 1024 * 1024;
  size_t metric_count = 1'000;
  size_t metric_name_bytes = 256;
  size_t callouts_per_stream = 16;
  size_t callouts = 256;  // in flight, per VM
  size_t callout_response_bytes = 1024 * 1024;
  milliseconds callout_timeout_max{300'000};
  size_t local_reply_body_bytes = 1024 * 1024;
  size_t foreign_result_bytes = 16ULL * 1024 * 1024;  // of compress and uncompress
  size_t header_bytes = 64 * 1024;                    // what a plug-in's writes may make of one map
  size_t header_count = 200;
  size_t header_write_bytes = 4ULL * 1024 * 1024;  // all header writes of one stream together
  uint32_t crash_budget = 5;                       // within crash_window; then quarantine
  milliseconds crash_window{60'000};
  milliseconds backoff_min{100};
  milliseconds backoff_max{30'000};
  uint32_t recycle_memory_percent = 80;  // of memory_limit_bytes: the VM is replaced
  milliseconds recycle_age{0};           // so old, it is replaced; 0: never
  bool allow_on_headers_stop_iteration = false;
  bool first_header_value_only = false;
  bool final_body_callback_before_trailers = false;
  bool tick_on_one_worker = false;
};

struct PluginSpec {
  std::string name;        // "namespace.name": property plugin_name
  std::string resource;    // "namespace/name": for messages, logs, metrics
  std::string vm_id;       // namespace of shared data and queues; empty: `resource`
  std::string root_id;     // property plugin_root_id; may be empty
  std::string digest;      // of the module, for logs
  std::string generation;  // of the snapshot, for logs
  std::optional<std::string> configuration;
  std::string vm_configuration;
  std::map<std::string, std::string> environment;
  std::set<std::string>
      capabilities;  // empty: every host function, WASI function and callback; else the allow-list
  std::set<std::string> callout_clusters;  // empty: every cluster
  std::string node_id = "localhost";       // xds.node.id
  PluginLimits limits;
  bool fail_open = false;                     // the policy for every cause …
  std::map<FailureCause, bool> fail_open_on;  // … that has none of its own
  bool required = false;
  bool canary =
      false;  // a second generation beside the one that most streams meet; its metrics say so

  bool opens_on(FailureCause cause) const {
    const auto own = fail_open_on.find(cause);
    return own == fail_open_on.end() ? fail_open : own->second;
  }
  const std::string& shared_namespace() const { return vm_id.empty() ? resource : vm_id; }
};

/// A plug-in, or one VM of it, could not be made or broke.
struct PluginFailure {
  FailureCause cause = FailureCause::Unavailable;
  std::string message;  // one or more lines for a human; the first names plug-in and callback
};

}  // namespace wasmgate::wasm
