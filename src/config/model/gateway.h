#pragma once
// The gateway's own settings (kind GatewayConfig): listeners, limits, time-outs, access log, admin.
// Every number has a default and a unit; the reader is read_gateway_config.cc, the reference is
// docs/configuration.md.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace wasmgate::config {

using std::chrono::milliseconds;

struct Listener {
  std::string address = "127.0.0.1";  // IPv4 or IPv6 literal
  uint16_t port = 8080;               // 0: any free port
};

struct HttpLimits {
  size_t header_bytes = 32 * 1024;
  size_t header_count = 100;
  size_t upstream_header_bytes = 64 * 1024;
  size_t upstream_header_count = 100;
  size_t chunk_extension_bytes = 256;
  size_t chunk_extension_total_bytes = 4096;
  uint64_t requests_per_connection = 10'000;
  size_t connections = 10'000;         // of the process
  size_t connections_per_address = 0;  // 0: no limit
  size_t buffer_high_watermark_bytes = 256 * 1024;
  size_t body_buffer_bytes = 1024 * 1024;  // held by one plug-in, per stream and direction
  size_t body_buffer_max_bytes = 128ULL * 1024 * 1024;  // what set_*_buffer_limit may raise it to
};

struct Timeouts {
  milliseconds request_head{10'000};  // the whole head
  milliseconds idle_connection{60'000};
  milliseconds idle_stream{300'000};
  milliseconds stalled_write{30'000};  // no progress while output waits
  milliseconds connect{1'000};
  milliseconds route{15'000};  // from the end of the request to the end of the response; 0: none
  milliseconds pool_idle{60'000};
  milliseconds drain{30'000};
  uint64_t body_min_rate_bytes_per_second = 240;  // after ten seconds
};

enum class AccessLogFormat : uint8_t { Text, Json };

struct AccessLog {
  bool enabled = true;
  std::string path;  // empty: stdout
  AccessLogFormat format = AccessLogFormat::Text;
};

struct UpstreamLimits {
  size_t connections = 1024;  // per cluster and worker
  size_t pending_requests = 1024;
  size_t requests = 1024;
  double retry_budget_percent = 20;
  size_t retry_budget_min = 3;
};

enum class FailStrategy : uint8_t { Close, Open };

/// The causes for which a failure policy can differ (annotation wasmgate.io/fail-on-<cause>).
enum class FailCause : uint8_t {
  Unavailable,
  Start,
  Configure,
  Trap,
  Deadline,
  Memory,
  Quarantine
};

/// Defaults of every plug-in; annotations `wasmgate.io/<name>` of a WasmPlugin override them one by
/// one.
struct PluginLimits {
  size_t memory_limit_bytes = 64ULL * 1024 * 1024;  // at most 512 MiB
  uint32_t table_elements = 100'000;
  milliseconds call_deadline{50};
  milliseconds start_deadline{1'000};  // start, on_vm_start, on_configure
  milliseconds request_deadline{200};  // guest time per request, counted per plug-in
  milliseconds pause_limit{60'000};    // then 504
  milliseconds min_tick{10};
  size_t module_bytes = 16ULL * 1024 * 1024;
  size_t log_lines_per_second = 1'000;
  size_t log_line_bytes = 16 * 1024;
  size_t shared_data_keys = 10'000;
  size_t shared_data_bytes = 16ULL * 1024 * 1024;
  size_t queue_count = 64;
  size_t queue_items = 10'000;
  size_t queue_bytes = 16ULL * 1024 * 1024;
  size_t metric_count = 1'000;
  size_t callouts_per_stream = 16;
  size_t callouts = 256;
  size_t callout_response_bytes = 1024 * 1024;
  uint32_t crash_budget = 5;  // within crash_window; then quarantine
  milliseconds crash_window{60'000};
  milliseconds backoff_min{100};
  milliseconds backoff_max{30'000};
  uint32_t recycle_memory_percent = 80;  // of memory_limit_bytes: a VM above is replaced
  milliseconds recycle_age{0};           // an older VM is replaced; 0: none
  bool auto_rollback = false;            // a new generation that spends its crash budget …
  milliseconds rollback_window{60'000};  // … this soon makes room for its predecessor
  bool allow_on_headers_stop_iteration = false;
  bool first_header_value_only = false;
  bool final_body_callback_before_trailers = false;
};

struct GatewayConfig {
  std::vector<Listener> listeners{Listener{}};
  Listener admin{"127.0.0.1", 8081};
  bool admin_enabled = true;
  uint32_t workers = 0;  // 0: as many as cores
  HttpLimits limits;
  Timeouts timeouts;
  UpstreamLimits upstream;
  AccessLog access_log;
  PluginLimits plugin_defaults;
  std::map<FailCause, FailStrategy>
      plugin_fail_on;  // pluginDefaults' fail-on-<cause>; plug-ins have it merged in already
  std::set<std::string> plugin_capabilities;      // likewise
  std::set<std::string> plugin_callout_clusters;  // likewise
  std::string controller_namespace = "higress-system";
  bool forward_trailers = false;
  std::vector<std::string> oci_insecure_hosts;
  std::map<std::string, std::string> oci_mirrors;
  std::string oci_preload_folder;
};

}  // namespace wasmgate::config
