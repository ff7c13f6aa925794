#include "author/case_run.h"

#include <algorithm>
#include <filesystem>

#include "author/gateway_child.h"
#include "author/http_exchange.h"
#include "author/redis_child.h"

namespace wasmgate::author {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kLacking[] = {"tls"};
constexpr std::chrono::seconds kPatience{60};
constexpr size_t kShownLogBytes = 2000;
constexpr size_t kKeptLogBytes = 64UL * 1024;

std::vector<std::string> parts(const std::string& text, char separator) {
  std::vector<std::string> out(1);
  for (const char c : text) {
    if (c == separator) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

// Where the case's route and cluster names come from.
struct Names {
  std::string route_namespace = "default";
  std::string route = "case";
  std::string service_namespace = "default";
  std::string service = "backend";
  int port = 80;
};

Names names_of(const CaseFile& file) {
  Names out;
  if (!file.route.empty()) {
    const size_t slash = file.route.find('/');
    out.route_namespace =
        slash == std::string::npos ? "higress-system" : file.route.substr(0, slash);
    out.route = slash == std::string::npos ? file.route : file.route.substr(slash + 1);
  }
  // "outbound|80||name.namespace.svc.cluster.local"
  const auto cluster = parts(file.cluster, '|');
  if (cluster.size() == 4) {
    const auto host = parts(cluster[3], '.');
    out.port = std::atoi(cluster[1].c_str());
    out.service = host[0];
    out.service_namespace = host.size() > 1 ? host[1] : "default";
  }
  return out;
}

void append(std::vector<Json>& out, std::vector<Json> more) {
  std::move(more.begin(), more.end(), std::back_inserter(out));
}

bool needs(const CaseFile& file, std::string_view word) {
  return std::find(file.needs.begin(), file.needs.end(), word) != file.needs.end();
}

// `redis_port` 0: there is no Redis.
std::vector<Json> documents_of(const CaseFile& file, const PluginSource& plugin, int target,
                               int redis_port) {
  const Names names = names_of(file);
  std::vector<Json> out = {ingress(names.route_namespace, names.route, names.service, names.port),
                           wasm_plugin("plugin", plugin.url, file.config)};
  append(out, service(names.service_namespace, names.service, names.port, target, ""));
  if (names.service_namespace != names.route_namespace) {
    // An Ingress names services of its own namespace.
    append(out, service(names.route_namespace, names.service, names.port, target, ""));
  }
  if (needs(file, "http-call")) {
    append(out, service("default", "called", 80, target, "service.dns"));
  }
  if (!plugin.preload_folder.empty()) {
    out.push_back(preload_config(plugin.preload_folder));
  }
  if (redis_port != 0) {
    append(out, service("default", "redis", 6379, redis_port, "redis.dns"));
  }
  return out;
}

std::string lacking(const CaseFile& file) {
  for (const char* need : kLacking) {
    if (needs(file, need)) {
      return need;
    }
  }
  return "";
}

}  // namespace

Result<std::unique_ptr<CaseRunner>> CaseRunner::make(Logger& logger) {
  auto folder = TemporaryFolder::make();
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  auto upstream = CaseUpstream::start(logger);
  if (!upstream) {
    return tl::unexpected(upstream.error());
  }
  return std::unique_ptr<CaseRunner>(new CaseRunner(std::move(*folder), std::move(*upstream)));
}

TestResult CaseRunner::run(const CaseFile& file, const std::string& module) {
  TestResult out;
  out.suite = "wasm";
  out.name = std::filesystem::path(file.path).stem().string();
  if (const std::string need = lacking(file); !need.empty()) {
    out.verdict = Verdict::Skipped;
    out.messages = {"needs " + need};
    return out;
  }
  const auto begin = std::chrono::steady_clock::now();
  std::string log;
  const auto exchanges = record(file, PluginSource{"file://" + module, "", nullptr}, log);
  if (exchanges) {
    judge(file, *exchanges, out.messages);
    if (!out.messages.empty()) {
      out.messages.push_back("end of the gateway's log:\n" +
                             log.substr(log.size() - std::min(log.size(), kShownLogBytes)));
    }
  } else {
    out.messages.push_back(exchanges.error().detail);
  }
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const bool no_redis = !exchanges && exchanges.error().code == ErrorCode::NotFound;
  out.verdict = out.messages.empty() ? Verdict::Passed
                : no_redis           ? Verdict::Skipped
                                     : Verdict::Failed;
  return out;
}

void CaseRunner::judge(const CaseFile& file, const std::vector<CaseExchange>& exchanges,
                       std::vector<std::string>& problems) {
  for (size_t i = 0; i < exchanges.size(); ++i) {
    const std::string& name = file.requests[i].name;
    const std::string label =
        "request " + std::to_string(i) + (name.empty() ? "" : " (" + name + ")");
    if (!exchanges[i].response) {
      problems.push_back(label + ": " + exchanges[i].response.error().detail);
      continue;
    }
    for (const std::string& difference :
         differences(file.requests[i].expect, *exchanges[i].response, exchanges[i].upstream)) {
      problems.push_back(label + ": " + difference);
    }
  }
}

Result<std::vector<CaseExchange>> CaseRunner::record(const CaseFile& file,
                                                     const PluginSource& plugin, std::string& log) {
  std::unique_ptr<RedisChild> redis;
  if (needs(file, "redis")) {
    auto started = RedisChild::start(folder_.path());
    if (!started) {
      return fail(started.error().code, "needs redis: " + started.error().detail);
    }
    redis = std::move(*started);
  }
  GatewaySetting setting;
  setting.folder = folder_.path() + "/" + std::to_string(++runs_);
  setting.state_folder = folder_.path() + "/state";
  setting.more_options = {"--workers", "1", "--access-log", "off"};
  const auto gateway = GatewayChild::start(
      setting, documents_of(file, plugin, upstream_->port(), redis ? redis->port() : 0));
  if (!gateway) {
    return tl::unexpected(gateway.error());
  }
  upstream_->answer_with(file.upstream);
  std::vector<CaseExchange> out;
  for (const CaseRequest& request : file.requests) {
    upstream_->take();
    auto response = exchange((*gateway)->port(), request, kPatience);
    out.push_back({std::move(response), upstream_->take()});
  }
  log = (*gateway)->log_end(kKeptLogBytes);
  return out;
}

}  // namespace wasmgate::author
