#pragma once
// What the parts of one worker share. Made by ProxyWorker, lives as long as it; everything in it
// belongs to the worker's thread.

#include <chrono>
#include <cstdint>

#include "http/codec/limits.h"
#include "http/http2/http2_limits.h"
#include "proxy/proxy_worker.h"
#include "proxy/request_id.h"

namespace wasmgate::proxy {

class ClusterSet;

struct WorkerContext {
  explicit WorkerContext(const WorkerServices& s)
      : services(s), loop(s.loop), metrics(s.metrics), ids(s.metric_ids), request_ids(s.random) {}

  WorkerServices services;
  net::EventLoop& loop;
  MetricShard& metrics;
  const ProxyMetrics& ids;
  RequestIds request_ids;

  // From the newest snapshot's configuration.
  config::GatewayConfig settings;
  http::MessageLimits request_limits;
  http::MessageLimits response_limits = http::default_response_limits();
  http::Http2Limits http2_limits;

  uint64_t next_stream_id = 1;
  uint64_t next_connection_id = 1;
  bool draining = false;

  MonotonicTime now() const { return loop.clock().now(); }
};

}  // namespace wasmgate::proxy
