#include <arpa/inet.h>

#include "config/read/metadata.h"
#include "config/read/plugin_settings.h"
#include "config/read/read_resources.h"
#include "config/read/units.h"

namespace wasmgate::config {
namespace {

using std::chrono::hours;

constexpr int64_t kMaxCount = 1'000'000'000;
constexpr milliseconds kDay = hours(24);

template <class T, class V>
void set(T& target, const std::optional<V>& value) {
  if (value) {
    target = static_cast<T>(*value);
  }
}

void read_listener(ObjectReader& reader, Listener& out) {
  set(out.address, reader.string("address"));
  set(out.port, reader.integer("port", 0, 65'535));
  in6_addr parsed{};
  if (inet_pton(AF_INET, out.address.c_str(), &parsed) != 1 &&
      inet_pton(AF_INET6, out.address.c_str(), &parsed) != 1) {
    reader.error("address", "bad-address", "an IPv4 or IPv6 address is needed, without a port");
  }
}

void read_listeners(ObjectReader& spec, GatewayConfig& out) {
  if (spec.take("listeners") == nullptr) {
    return;
  }
  out.listeners.clear();
  spec.array("listeners", [&](const Node& item, const std::string& path) {
    ObjectReader reader(spec.context(), &item, path);
    Listener listener;
    read_listener(reader, listener);
    reader.finish();
    out.listeners.push_back(listener);
  });
  if (out.listeners.empty()) {
    spec.error("listeners", "empty", "at least one listener is needed");
  }
}

void read_admin(ObjectReader admin, GatewayConfig& out) {
  set(out.admin_enabled, admin.boolean("enabled"));
  read_listener(admin, out.admin);
  in_addr v4{};
  const bool loopback =
      out.admin.address == "::1" ||
      (inet_pton(AF_INET, out.admin.address.c_str(), &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127);
  if (!loopback) {
    admin.error("address", "not-loopback", "the admin pages are served on a loopback address only",
                "127.0.0.1");
  }
  admin.finish();
}

void read_limits(ObjectReader r, HttpLimits& out) {
  set(out.header_bytes, r.bytes("headerBytes", 1024, kMi));
  set(out.header_count, r.integer("headerCount", 1, 10'000));
  set(out.upstream_header_bytes, r.bytes("upstreamHeaderBytes", 1024, kMi));
  set(out.upstream_header_count, r.integer("upstreamHeaderCount", 1, 10'000));
  set(out.chunk_extension_bytes, r.bytes("chunkExtensionBytes", 0, kMi));
  set(out.chunk_extension_total_bytes, r.bytes("chunkExtensionTotalBytes", 0, kMi));
  set(out.requests_per_connection, r.integer("requestsPerConnection", 1, kMaxCount));
  set(out.connections, r.integer("connections", 1, kMaxCount));
  set(out.connections_per_address, r.integer("connectionsPerAddress", 0, kMaxCount));
  set(out.buffer_high_watermark_bytes, r.bytes("bufferHighWatermark", 4096, kGi));
  set(out.body_buffer_bytes, r.bytes("bodyBuffer", 0, kGi));
  set(out.body_buffer_max_bytes, r.bytes("bodyBufferMax", 0, 4 * kGi));
  if (out.body_buffer_bytes > out.body_buffer_max_bytes) {
    r.error("bodyBuffer", "bad-range", "bodyBuffer is greater than bodyBufferMax");
  }
  r.finish();
}

void read_timeouts(ObjectReader r, Timeouts& out) {
  constexpr milliseconds kOne(1);
  constexpr milliseconds kNone(0);
  set(out.request_head, r.duration("requestHead", kOne, kDay));
  set(out.idle_connection, r.duration("idleConnection", kOne, kDay));
  set(out.idle_stream, r.duration("idleStream", kOne, kDay));
  set(out.stalled_write, r.duration("stalledWrite", kOne, kDay));
  set(out.connect, r.duration("connect", kOne, kDay));
  set(out.route, r.duration("route", kNone, kDay));
  set(out.pool_idle, r.duration("poolIdle", kOne, kDay));
  set(out.drain, r.duration("drain", kNone, kDay));
  set(out.body_min_rate_bytes_per_second, r.bytes("bodyMinRate", 0, kGi));
  r.finish();
}

void read_upstream(ObjectReader r, UpstreamLimits& out) {
  set(out.connections, r.integer("connections", 1, kMaxCount));
  set(out.pending_requests, r.integer("pendingRequests", 0, kMaxCount));
  set(out.requests, r.integer("requests", 1, kMaxCount));
  set(out.retry_budget_percent, r.number("retryBudgetPercent", 0, 100));
  set(out.retry_budget_min, r.integer("retryBudgetMin", 0, kMaxCount));
  r.finish();
}

void read_access_log(ObjectReader r, AccessLog& out) {
  set(out.enabled, r.boolean("enabled"));
  set(out.path, r.string("path"));
  if (const auto format = r.word("format", {"text", "json"})) {
    out.format = *format == 0 ? AccessLogFormat::Text : AccessLogFormat::Json;
  }
  r.finish();
}

void read_oci(ObjectReader r, GatewayConfig& out) {
  out.oci_insecure_hosts = r.strings("insecureHosts");
  out.oci_mirrors = r.string_map("mirrors");
  set(out.oci_preload_folder, r.string("preloadFolder"));
  r.finish();
}

void read_plugins(ObjectReader r, GatewayConfig& out) {
  PluginSettings settings;
  settings.limits = out.plugin_defaults;
  read_plugin_defaults(r, settings);
  out.plugin_defaults = settings.limits;
  out.plugin_fail_on = settings.fail_on;
  out.plugin_capabilities = settings.capabilities;
  out.plugin_callout_clusters = settings.callout_clusters;
}

}  // namespace

void read_gateway_config(ObjectReader& root, GatewayConfig& out) {
  const Metadata metadata = read_metadata(root, "default");
  check_own_annotations(metadata, {}, root.context());
  ObjectReader spec = root.object("spec");
  read_listeners(spec, out);
  read_admin(spec.object("admin"), out);
  set(out.workers, spec.integer("workers", 0, 1024));
  read_limits(spec.object("limits"), out.limits);
  read_timeouts(spec.object("timeouts"), out.timeouts);
  read_upstream(spec.object("upstream"), out.upstream);
  read_access_log(spec.object("accessLog"), out.access_log);
  read_oci(spec.object("oci"), out);
  read_plugins(spec.object("pluginDefaults"), out);
  set(out.forward_trailers, spec.boolean("forwardTrailers"));
  set(out.controller_namespace, spec.string("controllerNamespace"));
  if (!is_dns_label(out.controller_namespace)) {
    spec.error("controllerNamespace", "bad-name",
               "a namespace has lower-case letters, digits and \"-\" only");
  }
  spec.finish();
  root.finish();
}

}  // namespace wasmgate::config
