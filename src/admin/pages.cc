#include "admin/pages.h"

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "config/dump_model.h"
#include "observe/prometheus.h"

namespace wasmgate::admin {
namespace {

using Json = nlohmann::ordered_json;

AdminResponse json_response(const std::string& body) {
  return {200, body, {{"content-type", "application/json"}}};
}

std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json as_json(const Condition& condition) {
  Json out{{"type", condition.type}, {"status", condition.status ? "True" : "False"}};
  out["reason"] = condition.reason.empty() ? condition.type : condition.reason;
  out["message"] = condition.message;
  return out;
}

Json as_json(const CanaryState& canary) {
  return {{"url", canary.url},        {"digest", canary.digest},   {"percent", canary.percent},
          {"header", canary.header},  {"serving", canary.serving}, {"reason", canary.reason},
          {"message", canary.message}};
}

Json as_json(const PluginState& plugin) {
  Json out{{"resource", plugin.resource},
           {"url", plugin.url},
           {"digest", plugin.digest},
           {"abi", plugin.abi},
           {"phase", plugin.phase},
           {"priority", plugin.priority ? Json(*plugin.priority) : Json(nullptr)},
           {"servingOlder", plugin.serving_older}};
  if (plugin.predecessor) {
    out["predecessor"] = *plugin.predecessor;
  }
  if (plugin.canary) {
    out["canary"] = as_json(*plugin.canary);
  }
  out["conditions"] = Json::array();
  for (const Condition& condition : plugin.conditions) {
    out["conditions"].push_back(as_json(condition));
  }
  return out;
}

Json all_plugins(const AdminSource& source) {
  Json out = Json::array();
  for (const PluginState& plugin : source.plugins()) {
    out.push_back(as_json(plugin));
  }
  return out;
}

}  // namespace

AdminResponse text_response(int status, std::string body) {
  return {status, std::move(body), {{"content-type", "text/plain; charset=utf-8"}}};
}

AdminResponse index_page(const AdminSource& source) {
  return text_response(
      200, "wasmgate " + source.version() +
               "\n\n"
               "/healthz            the process lives\n"
               "/livez              the same\n"
               "/readyz             configuration, listeners and plug-ins are in place\n"
               "/stats/prometheus   metrics\n"
               "/config_dump        the running configuration, without secrets\n"
               "/plugins            the plug-ins and their conditions\n");
}

AdminResponse readyz_page(const AdminSource& source) {
  bool ready = !source.draining();
  std::string list;
  for (const ReadinessCheck& check : source.readiness()) {
    ready = ready && check.ok;
    list += (check.ok ? "[+] " : "[-] ") + escape_control(check.name);
    list += check.message.empty() ? "\n" : ": " + escape_control(check.message) + "\n";
  }
  const std::string_view word = ready               ? "ready\n"
                                : source.draining() ? "draining\n"
                                                    : "not ready\n";
  return text_response(ready ? 200 : 503, std::string(word) + list);
}

AdminResponse metrics_page(const AdminSource& source) {
  return {200,
          render_prometheus(source.metrics()),
          {{"content-type", std::string(kPrometheusContentType)}}};
}

AdminResponse config_page(const AdminSource& source) {
  const auto model = source.model();
  std::string model_text = model == nullptr ? "null" : config::dump_model(*model);
  while (model_text.ends_with('\n')) {
    model_text.pop_back();
  }
  return json_response("{\"generation\": " + std::to_string(source.generation()) +
                       ",\n\"refused\": " + quoted(source.refused()) +
                       ",\n\"model\": " + model_text + "}\n");
}

AdminResponse plugins_page(const AdminSource& source) {
  return json_response(dump(Json{{"plugins", all_plugins(source)}}));
}

std::string status_document(const AdminSource& source) {
  return dump(Json{{"version", source.version()},
                   {"generation", source.generation()},
                   {"refused", source.refused()},
                   {"draining", source.draining()},
                   {"plugins", all_plugins(source)}});
}

}  // namespace wasmgate::admin
