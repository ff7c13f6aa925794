#include "config/dump_model.h"

#include <nlohmann/json.hpp>

#include "config/read/plugin_settings.h"

namespace wasmgate::config {
namespace {

using Json = nlohmann::ordered_json;

Json strings(const auto& list) {
  Json out = Json::array();
  for (const auto& item : list) {
    out.push_back(item);
  }
  return out;
}

std::string place(const Location& at) { return at.file + ":" + std::to_string(at.line); }

Json as_json(const Listener& l) { return Json{{"address", l.address}, {"port", l.port}}; }

Json as_json(const HttpLimits& l) {
  return Json{{"headerBytes", l.header_bytes},
              {"headerCount", l.header_count},
              {"upstreamHeaderBytes", l.upstream_header_bytes},
              {"upstreamHeaderCount", l.upstream_header_count},
              {"chunkExtensionBytes", l.chunk_extension_bytes},
              {"chunkExtensionTotalBytes", l.chunk_extension_total_bytes},
              {"requestsPerConnection", l.requests_per_connection},
              {"connections", l.connections},
              {"connectionsPerAddress", l.connections_per_address},
              {"bufferHighWatermark", l.buffer_high_watermark_bytes},
              {"bodyBuffer", l.body_buffer_bytes},
              {"bodyBufferMax", l.body_buffer_max_bytes}};
}

Json as_json(const Timeouts& t) {
  return Json{{"requestHead", t.request_head.count()},
              {"idleConnection", t.idle_connection.count()},
              {"idleStream", t.idle_stream.count()},
              {"stalledWrite", t.stalled_write.count()},
              {"connect", t.connect.count()},
              {"route", t.route.count()},
              {"poolIdle", t.pool_idle.count()},
              {"drain", t.drain.count()},
              {"bodyMinRate", t.body_min_rate_bytes_per_second}};
}

Json as_json(const UpstreamLimits& u) {
  return Json{{"connections", u.connections},
              {"pendingRequests", u.pending_requests},
              {"requests", u.requests},
              {"retryBudgetPercent", u.retry_budget_percent},
              {"retryBudgetMin", u.retry_budget_min}};
}

Json as_json(const PluginLimits& p) {
  return Json{{"memory-limit", p.memory_limit_bytes},
              {"table-elements", p.table_elements},
              {"call-deadline", p.call_deadline.count()},
              {"start-deadline", p.start_deadline.count()},
              {"request-deadline", p.request_deadline.count()},
              {"pause-limit", p.pause_limit.count()},
              {"min-tick", p.min_tick.count()},
              {"module-size", p.module_bytes},
              {"log-lines-per-second", p.log_lines_per_second},
              {"log-line-bytes", p.log_line_bytes},
              {"shared-data-keys", p.shared_data_keys},
              {"shared-data-bytes", p.shared_data_bytes},
              {"queue-count", p.queue_count},
              {"queue-items", p.queue_items},
              {"queue-bytes", p.queue_bytes},
              {"metric-count", p.metric_count},
              {"callouts-per-stream", p.callouts_per_stream},
              {"callouts", p.callouts},
              {"callout-response-bytes", p.callout_response_bytes},
              {"crash-budget", p.crash_budget},
              {"crash-window", p.crash_window.count()},
              {"backoff-min", p.backoff_min.count()},
              {"backoff-max", p.backoff_max.count()},
              {"recycle-memory-percent", p.recycle_memory_percent},
              {"recycle-age", p.recycle_age.count()},
              {"auto-rollback", p.auto_rollback},
              {"rollback-window", p.rollback_window.count()},
              {"allow-on-headers-stop-iteration", p.allow_on_headers_stop_iteration},
              {"first-header-value-only", p.first_header_value_only},
              {"final-body-callback-before-trailers", p.final_body_callback_before_trailers}};
}

Json as_json(const std::map<FailCause, FailStrategy>& causes) {
  Json out = Json::object();
  for (const auto& [cause, strategy] : causes) {
    out[std::string(to_string(cause))] = strategy == FailStrategy::Open ? "open" : "close";
  }
  return out;
}

Json as_json(const GatewayConfig& g) {
  Json listeners = Json::array();
  for (const Listener& listener : g.listeners) {
    listeners.push_back(as_json(listener));
  }
  Json admin = as_json(g.admin);
  admin["enabled"] = g.admin_enabled;
  Json out;
  out["listeners"] = listeners;
  out["admin"] = admin;
  out["workers"] = g.workers;
  out["limits"] = as_json(g.limits);
  out["timeouts"] = as_json(g.timeouts);
  out["upstream"] = as_json(g.upstream);
  out["accessLog"] =
      Json{{"enabled", g.access_log.enabled},
           {"path", g.access_log.path},
           {"format", g.access_log.format == AccessLogFormat::Json ? "json" : "text"}};
  out["pluginDefaults"] = as_json(g.plugin_defaults);
  out["controllerNamespace"] = g.controller_namespace;
  out["forwardTrailers"] = g.forward_trailers;
  out["oci"] = Json{{"insecureHosts", strings(g.oci_insecure_hosts)},
                    {"mirrors", g.oci_mirrors},
                    {"preloadFolder", g.oci_preload_folder}};
  return out;
}

Json as_json(const Route& r) {
  Json out;
  out["name"] = r.name;
  out["host"] = r.host;
  out["match"] = r.match == PathMatch::Exact ? "Exact" : "Prefix";
  out["path"] = r.path;
  out["cluster"] = r.cluster;
  if (r.default_backend) {
    out["defaultBackend"] = true;
  }
  if (r.timeout) {
    out["timeout"] = r.timeout->count();
  }
  out["place"] = place(r.location);
  return out;
}

Json as_json(const Cluster& c) {
  Json out;
  out["name"] = c.name;
  if (!c.aliases.empty()) {
    out["aliases"] = strings(c.aliases);
  }
  if (!c.dns_name.empty()) {
    out["dns"] = c.dns_name + ":" + std::to_string(c.dns_port);
  }
  Json endpoints = Json::array();
  for (const Endpoint& e : c.endpoints) {
    const bool v6 = e.address.find(':') != std::string::npos;
    endpoints.push_back((v6 ? "[" + e.address + "]" : e.address) + ":" + std::to_string(e.port));
  }
  out["endpoints"] = endpoints;
  if (c.http2) {
    out["http2"] = true;
  }
  out["place"] = place(c.location);
  return out;
}

void put(Json& out, const char* key, const std::string& value) {
  if (!value.empty()) {
    out[key] = value;
  }
}

void put_code(Json& out, const Plugin& p) {
  out["url"] = p.url;
  put(out, "file", p.file);
  put(out, "sha256", p.sha256);
  out["imagePullPolicy"] = to_string(p.pull_policy);
  put(out, "imagePullSecret", p.pull_secret);
  if (!p.pull_credentials.empty()) {
    out["credentials"] = "(redacted)";
  }
  put(out, "verificationKey", p.verification_key);
}

Json as_json(const MatchRule& rule) {
  Json out;
  const auto put_list = [&](const char* key, const std::vector<std::string>& list) {
    if (!list.empty()) {
      out[key] = strings(list);
    }
  };
  put_list("ingress", rule.ingress);
  put_list("routePrefix", rule.route_prefix);
  put_list("domain", rule.domain);
  put_list("service", rule.service);
  out["place"] = place(rule.location);
  return out;
}

Json as_json(const Canary& c) {
  Json out;
  out["url"] = c.url;
  put(out, "file", c.file);
  out["percent"] = c.share / 100.0;
  put(out, "header", c.header);
  if (c.header_value) {
    out["headerValue"] = *c.header_value;
  }
  return out;
}

Json as_json(const Plugin& p) {
  Json out;
  out["resource"] = p.resource;
  put(out, "rootId", p.root_id);
  put_code(out, p);
  out["phase"] = to_string(p.phase);
  out["priority"] = p.priority;
  out["failStrategy"] = to_string(p.fail_strategy);
  out["failOn"] = as_json(p.fail_on);
  out["required"] = p.required;
  out["configuration"] = p.configuration_shown ? Json(*p.configuration_shown) : Json();
  put(out, "vmConfiguration", p.vm_configuration);
  out["environment"] = p.environment;
  out["hostEnvironment"] = strings(p.host_environment);
  out["capabilities"] = strings(p.capabilities);
  out["calloutClusters"] = strings(p.callout_clusters);
  out["global"] = p.has_global;
  out["rules"] = Json::array();
  for (const MatchRule& rule : p.rules) {
    out["rules"].push_back(as_json(rule));
  }
  out["limits"] = as_json(p.limits);
  if (p.canary) {
    out["canary"] = as_json(*p.canary);
  }
  if (p.problem) {
    out["problem"] = Json{{"reason", p.problem->reason}, {"message", p.problem->message}};
  }
  out["place"] = place(p.location);
  return out;
}

std::string text(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string_view to_string(PluginPhase phase) {
  switch (phase) {
    case PluginPhase::Authn:
      return "AUTHN";
    case PluginPhase::Authz:
      return "AUTHZ";
    case PluginPhase::Stats:
      return "STATS";
    case PluginPhase::Unspecified:
      break;
  }
  return "UNSPECIFIED_PHASE";
}

std::string_view to_string(FailStrategy strategy) {
  return strategy == FailStrategy::Open ? "FAIL_OPEN" : "FAIL_CLOSE";
}

std::string_view to_string(PullPolicy policy) {
  switch (policy) {
    case PullPolicy::IfNotPresent:
      return "IfNotPresent";
    case PullPolicy::Always:
      return "Always";
    case PullPolicy::Unspecified:
      break;
  }
  return "UNSPECIFIED_POLICY";
}

std::string dump_plugin(const Plugin& plugin) { return text(as_json(plugin)); }

std::string dump_model(const Model& model) {
  Json out;
  out["gateway"] = as_json(model.gateway);
  for (const char* key : {"routes", "clusters", "plugins"}) {
    out[key] = Json::array();
  }
  for (const Route& route : model.routes) {
    out["routes"].push_back(as_json(route));
  }
  for (const Cluster& cluster : model.clusters) {
    out["clusters"].push_back(as_json(cluster));
  }
  for (const Plugin& plugin : model.plugins) {
    out["plugins"].push_back(as_json(plugin));
  }
  return text(out);
}

}  // namespace wasmgate::config
