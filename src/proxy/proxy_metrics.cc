#include "proxy/proxy_metrics.h"

namespace wasmgate::proxy {

ProxyMetrics::ProxyMetrics(MetricRegistry& r)
    : connections_total(
          r.counter("wasmgate_downstream_connections_total", "Client connections accepted.")),
      connections_active(
          r.up_down("wasmgate_downstream_connections_active", "Client connections open.")),
      connections_refused(
          r.counter("wasmgate_downstream_connections_refused_total",
                    "Client connections closed at once because a limit was reached.")),
      connections_cut(r.counter("wasmgate_downstream_connections_cut_total",
                                "Client connections cut when the drain time-out passed.")),
      requests_active(r.up_down("wasmgate_downstream_requests_active", "Requests in progress.")),
      refusals(r.counter("wasmgate_downstream_protocol_errors_total",
                         "Messages of clients that broke a rule.")),
      bytes_received(r.counter("wasmgate_downstream_body_bytes_received_total",
                               "Request body bytes received.")),
      bytes_sent(
          r.counter("wasmgate_downstream_body_bytes_sent_total", "Response body bytes sent.")),
      duration(r.histogram("wasmgate_downstream_request_duration_seconds",
                           "From a request's head to its end.", nanosecond_shape())),
      upstream_connections_total(
          r.counter("wasmgate_upstream_connections_total", "Connections to endpoints begun.")),
      upstream_connections_active(r.up_down("wasmgate_upstream_connections_active",
                                            "Connections to endpoints open or connecting.")),
      upstream_connect_failures(r.counter("wasmgate_upstream_connect_failures_total",
                                          "Connections to endpoints that failed.")),
      upstream_requests_total(r.counter("wasmgate_upstream_requests_total",
                                        "Requests sent to endpoints, retries included.")),
      upstream_retries(
          r.counter("wasmgate_upstream_retries_total", "Requests that were sent again.")),
      upstream_resets(
          r.counter("wasmgate_upstream_resets_total", "Responses cut by the endpoint.")),
      upstream_timeouts(
          r.counter("wasmgate_upstream_timeouts_total", "Requests that hit their time-out.")),
      upstream_overflows(r.counter("wasmgate_upstream_overflows_total",
                                   "Requests refused because a cluster's limit was reached.")),
      upstream_ejections(
          r.counter("wasmgate_upstream_ejections_total", "Endpoints put aside after failures.")),
      async_calls_total(
          r.counter("wasmgate_plugin_http_calls_total", "HTTP calls begun for plug-ins.")),
      async_call_failures(r.counter("wasmgate_plugin_http_call_failures_total",
                                    "HTTP calls of plug-ins without an answer.")) {
  static constexpr const char* kClasses[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (size_t i = 0; i < responses.size(); ++i) {
    responses[i] =
        r.counter("wasmgate_downstream_requests_total",
                  "Requests ended, by class of the answer's status.", {{"code", kClasses[i]}});
  }
}

}  // namespace wasmgate::proxy
