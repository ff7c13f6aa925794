#include "author/resources.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "artifact/layout_archive.h"
#include "artifact/layout_folder.h"
#include "author/plugin_folder.h"
#include "config/check/json_text.h"
#include "config/diagnostics/render.h"
#include "config/schema/plugin_schema.h"
#include "config/yaml/parse_yaml.h"
#include "server/file_io.h"

namespace wasmgate::author {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t kDocumentBytes = 64ULL * 1024 * 1024;
// A registry that is never asked: the image is named by its digest and found in the preload folder.
constexpr const char* kNoRegistry = "oci://layout.invalid/plugin@";

bool is_url(const std::string& reference) {
  return reference.starts_with("oci://") || reference.starts_with("http://") ||
         reference.starts_with("https://") || reference.starts_with("file://");
}

Result<PluginSource> from_layout(const std::string& folder) {
  const auto image = artifact::LayoutFolder(folder).entry("");
  if (!image) {
    return tl::unexpected(image.error());
  }
  return PluginSource{kNoRegistry + image->digest.to_string(), folder, nullptr};
}

Result<PluginSource> from_archive(const std::string& file) {
  auto made = TemporaryFolder::make();
  if (!made) {
    return tl::unexpected(made.error());
  }
  auto folder = std::make_shared<TemporaryFolder>(std::move(*made));
  if (auto unpacked = artifact::unpack_layout(file, folder->path()); !unpacked) {
    return tl::unexpected(unpacked.error());
  }
  auto source = from_layout(folder->path());
  if (source) {
    source->unpacked = std::move(folder);
  }
  return source;
}

Json metadata(const std::string& name_space, const std::string& name) {
  return {{"name", name}, {"namespace", name_space}};
}

}  // namespace

Result<PluginSource> resolve_reference(const std::string& reference, const std::string& start) {
  if (is_url(reference)) {
    return PluginSource{reference, "", nullptr};
  }
  const fs::path path = (fs::path(start) / reference).lexically_normal();
  std::error_code error;
  if (fs::is_regular_file(path, error)) {
    return path.extension() == ".tar" ? from_archive(path.string())
                                      : PluginSource{"file://" + path.string(), "", nullptr};
  }
  if (fs::exists(path / "oci-layout", error)) {
    return from_layout(path.string());
  }
  if (fs::is_regular_file(path / "plugin.wasm", error)) {
    return PluginSource{"file://" + (path / "plugin.wasm").string(), "", nullptr};
  }
  if (path.extension() == ".wasm") {
    return fail(ErrorCode::NotFound, path.string() + ": there is no such file");
  }
  const auto plugin = find_plugin(reference, start);
  if (!plugin) {
    return tl::unexpected(plugin.error());
  }
  if (!fs::exists(plugin->module(), error)) {
    return fail(ErrorCode::NotFound,
                plugin->module() + " is not built; try: wasmgate build " + reference);
  }
  return PluginSource{"file://" + plugin->module(), "", nullptr};
}

Result<Json> parse_document(const std::string& file, const std::string& text) {
  config::Diagnostics problems;
  const auto documents = config::parse_yaml(file, text, problems);
  if (problems.has_errors()) {
    const config::Diagnostic& first = problems.items().front();
    return fail(ErrorCode::InvalidArgument, file + ":" + std::to_string(first.location.line) + ":" +
                                                std::to_string(first.location.column) + ": " +
                                                config::full_message(first));
  }
  if (documents.size() != 1) {
    return fail(ErrorCode::InvalidArgument,
                file + ": one document is expected, there are " + std::to_string(documents.size()));
  }
  std::string json;
  config::append_json(json, *documents.front(), {});
  return Json::parse(json);
}

Result<Json> read_plugin_config(const std::string& text_or_file) {
  if (text_or_file.empty()) {
    return Json::object();
  }
  const bool inlined = text_or_file.front() == '{';
  auto text =
      inlined ? Result<std::string>(text_or_file) : server::read_file(text_or_file, kDocumentBytes);
  if (!text) {
    return tl::unexpected(text.error());
  }
  auto json = parse_document(inlined ? "--config" : text_or_file, *text);
  if (json && !json->is_object()) {
    return fail(ErrorCode::InvalidArgument,
                text_or_file + ": a plug-in's configuration is an object");
  }
  return json;
}

Result<TrialConfig> config_to_try(const std::string& text_or_file, const std::string& module) {
  if (text_or_file.empty() && !module.empty()) {
    const std::string path = config::spec_beside(module);
    const auto text = server::read_file(path, kDocumentBytes);
    auto spec = text ? parse_document(path, *text) : Result<Json>(Json());
    if (spec && spec->is_object()) {
      const Json schema =
          spec->value(Json::json_pointer("/spec/configSchema/openAPIV3Schema"), Json::object());
      if (schema.is_object() && schema.contains("required") && schema.contains("example") &&
          schema["example"].is_object()) {
        return TrialConfig{schema["example"], true};
      }
    }
  }
  auto given = read_plugin_config(text_or_file);
  if (!given) {
    return tl::unexpected(given.error());
  }
  return TrialConfig{std::move(*given), false};
}

Json wasm_plugin(const std::string& name, const std::string& url, const Json& config) {
  Json spec = {{"url", url}};
  // An empty object as default configuration puts the plug-in on every route.
  spec[config.is_null() ? "defaultConfig" : "pluginConfig"] =
      config.is_null() ? Json::object() : config;
  return {{"apiVersion", "extensions.higress.io/v1alpha1"},
          {"kind", "WasmPlugin"},
          {"metadata", metadata("higress-system", name)},
          {"spec", spec}};
}

Json ingress(const std::string& name_space, const std::string& name, const std::string& service,
             int port) {
  const Json backend = {{"service", {{"name", service}, {"port", {{"number", port}}}}}};
  const Json path = {{"path", "/"}, {"pathType", "Prefix"}, {"backend", backend}};
  return {{"apiVersion", "networking.k8s.io/v1"},
          {"kind", "Ingress"},
          {"metadata", metadata(name_space, name)},
          {"spec", {{"rules", {{{"http", {{"paths", {path}}}}}}}}}};
}

std::vector<Json> service(const std::string& name_space, const std::string& name, int port,
                          int target, const std::string& alias, const std::string& address) {
  Json own = metadata(name_space, name);
  if (!alias.empty()) {
    own["annotations"] = {{"wasmgate.io/cluster-alias", alias}};
  }
  Json slice = metadata(name_space, name + "-1");
  slice["labels"] = {{"kubernetes.io/service-name", name}};
  const Json service_port = {{"name", "http"}, {"port", port}, {"targetPort", target}};
  const Json slice_port = {{"name", "http"}, {"port", target}};
  return {{{"apiVersion", "v1"},
           {"kind", "Service"},
           {"metadata", own},
           {"spec", {{"ports", Json::array({service_port})}}}},
          {{"apiVersion", "discovery.k8s.io/v1"},
           {"kind", "EndpointSlice"},
           {"metadata", slice},
           {"addressType", address.find(':') == std::string::npos ? "IPv4" : "IPv6"},
           {"ports", Json::array({slice_port})},
           {"endpoints", Json::array({Json{{"addresses", Json::array({address})}}})}}};
}

std::vector<Json> route_to(const std::optional<config::Listener>& upstream) {
  if (!upstream) {
    return {ingress("demo", "all", "echo", 80)};
  }
  std::vector<Json> out = service("demo", "upstream", 80, upstream->port, "", upstream->address);
  out.push_back(ingress("demo", "all", "upstream", 80));
  return out;
}

Json preload_config(const std::string& folder) {
  return {{"apiVersion", "wasmgate.io/v1alpha1"},
          {"kind", "GatewayConfig"},
          {"metadata", {{"name", "gateway"}}},
          {"spec", {{"oci", {{"preloadFolder", folder}}}}}};
}

std::string to_text(const std::vector<Json>& documents) {
  std::string out;
  for (const Json& document : documents) {
    out += "---\n" + document.dump(2) + "\n";
  }
  return out;
}

}  // namespace wasmgate::author
