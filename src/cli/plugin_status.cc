#include "cli/plugin_status.h"

#include "artifact/file_io.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "oci/reference.h"
#include "server/http_fetcher.h"
#include "server/state_folder.h"

namespace wasmgate::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kStatusBytes = 16ULL * 1024 * 1024;
constexpr auto kTimeLimit = std::chrono::milliseconds(5'000);

Result<std::string> fetch_page(const std::string& admin) {
  if (!parse_listener(admin)) {
    return fail(ErrorCode::InvalidArgument, "--admin \"" + admin + "\": not ADDRESS:PORT",
                ErrorSource::Config);
  }
  server::HttpFetcher fetcher("wasmgate/" + program_version());
  artifact::FetchRequest request;
  request.url = "http://" + admin + "/plugins";
  request.timeout = kTimeLimit;
  std::string body;
  const auto answer = fetcher.fetch(request, [&](std::string_view part) {
    body.append(part);
    return body.size() <= kStatusBytes;
  });
  if (!answer) {
    return fail(answer.error().code,
                answer.error().detail + " (does a gateway run there? --admin, WASMGATE_ADMIN)",
                ErrorSource::Upstream);
  }
  if (answer->status != 200) {
    return fail(ErrorCode::Protocol,
                request.url + ": status " + std::to_string(answer->status) + ", expected 200",
                ErrorSource::Upstream);
  }
  return body;
}

std::string without_namespace(const std::string& resource) {
  return resource.substr(resource.rfind('/') + 1);
}

}  // namespace

Result<Json> read_plugins(const StatusSource& from) {
  const std::string place = from.state_dir.empty() ? from.admin : from.state_dir + "/status.json";
  auto text = from.state_dir.empty() ? fetch_page(from.admin)
                                     : artifact::read_whole_file(place, kStatusBytes);
  if (!text) {
    return tl::unexpected(text.error());
  }
  const Json document = Json::parse(*text, nullptr, false);
  if (!document.is_object() || !document.contains("plugins") || !document["plugins"].is_array()) {
    return fail(ErrorCode::Protocol, place + ": no list of plug-ins", ErrorSource::Upstream);
  }
  return document["plugins"];
}

Result<Json> select_plugins(const Json& plugins, const std::string& name) {
  if (name.empty()) {
    return plugins;
  }
  Json out = Json::array();
  std::string names;
  for (const Json& plugin : plugins) {
    const std::string resource = text_of(plugin, "resource");
    names += (names.empty() ? "" : ", ") + resource;
    if (resource == name || without_namespace(resource) == name) {
      out.push_back(plugin);
    }
  }
  if (out.empty()) {
    return fail(ErrorCode::NotFound,
                "no plug-in \"" + name + "\"; there are: " + (names.empty() ? "none" : names),
                ErrorSource::Config);
  }
  return out;
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

PluginSummary summary_of(const Json& plugin) {
  PluginSummary out{"True", ""};
  const auto conditions = plugin.find("conditions");
  for (const Json& condition : conditions != plugin.end() ? *conditions : Json::array()) {
    if (text_of(condition, "status") != "True") {
      return {"False", text_of(condition, "reason")};
    }
  }
  if (const auto canary = plugin.find("canary"); canary != plugin.end()) {
    out.reason = text_of(*canary, "reason");
  }
  return out;
}

std::string version_of(const std::string& url) {
  const auto reference = oci::parse_reference(url);
  if (!reference) {
    return "";
  }
  return reference->tag.empty() && reference->digest ? reference->digest->to_string().substr(0, 19)
                                                     : reference->tag;
}

}  // namespace wasmgate::cli
