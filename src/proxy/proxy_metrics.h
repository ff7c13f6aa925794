#pragma once
// The data plane's own metrics: defined once per process, counted per worker.

#include <array>

#include "observe/metrics.h"

namespace wasmgate::proxy {

struct ProxyMetrics {
  /// Defines all of them in `registry`.
  explicit ProxyMetrics(MetricRegistry& registry);

  MetricId connections_total;    // wasmgate_downstream_connections_total
  MetricId connections_active;   // wasmgate_downstream_connections_active
  MetricId connections_refused;  // wasmgate_downstream_connections_refused_total: over a limit
  MetricId connections_cut;      // wasmgate_downstream_connections_cut_total: by the drain time-out
  MetricId requests_active;      // wasmgate_downstream_requests_active
  std::array<MetricId, 6>
      responses;            // wasmgate_downstream_requests_total{code="1xx" … "5xx"}; [0]: "none"
  MetricId refusals;        // wasmgate_downstream_protocol_errors_total
  MetricId bytes_received;  // wasmgate_downstream_body_bytes_received_total
  MetricId bytes_sent;      // wasmgate_downstream_body_bytes_sent_total
  MetricId duration;        // wasmgate_downstream_request_duration_seconds
  MetricId upstream_connections_total;
  MetricId upstream_connections_active;
  MetricId upstream_connect_failures;
  MetricId upstream_requests_total;
  MetricId upstream_retries;
  MetricId upstream_resets;
  MetricId upstream_timeouts;
  MetricId upstream_overflows;  // a circuit breaker refused
  MetricId upstream_ejections;
  MetricId async_calls_total;
  MetricId async_call_failures;

  MetricId response_class(int status) const {
    return responses[status >= 100 && status < 600 ? static_cast<size_t>(status / 100) : 0];
  }
};

}  // namespace wasmgate::proxy
