#include "author/case_run.h"

#include <algorithm>
#include <filesystem>

#include "author/gateway_child.h"
#include "author/http_exchange.h"
#include "author/resources.h"

namespace wasmgate::author {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kLacking[] = {"tls", "redis"};
constexpr std::chrono::seconds kPatience{60};
constexpr size_t kShownLogBytes = 2000;

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

std::vector<Json> documents_of(const CaseFile& file, const std::string& module, int target) {
  const Names names = names_of(file);
  std::vector<Json> out = {ingress(names.route_namespace, names.route, names.service, names.port),
                           wasm_plugin("plugin", "file://" + module, file.config)};
  append(out, service(names.service_namespace, names.service, names.port, target, ""));
  if (names.service_namespace != names.route_namespace) {
    // An Ingress names services of its own namespace.
    append(out, service(names.route_namespace, names.service, names.port, target, ""));
  }
  if (std::find(file.needs.begin(), file.needs.end(), "http-call") != file.needs.end()) {
    append(out, service("default", "called", 80, target, "service.dns"));
  }
  return out;
}

std::string lacking(const CaseFile& file) {
  for (const char* need : kLacking) {
    if (std::find(file.needs.begin(), file.needs.end(), need) != file.needs.end()) {
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
  run_requests(file, module, out.messages);
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  out.verdict = out.messages.empty() ? Verdict::Passed : Verdict::Failed;
  return out;
}

void CaseRunner::run_requests(const CaseFile& file, const std::string& module,
                              std::vector<std::string>& problems) {
  GatewaySetting setting;
  setting.folder = folder_.path() + "/" + std::to_string(++runs_);
  setting.state_folder = folder_.path() + "/state";
  setting.more_options = {"--workers", "1", "--access-log", "off"};
  const auto gateway = GatewayChild::start(setting, documents_of(file, module, upstream_->port()));
  if (!gateway) {
    problems.push_back(gateway.error().detail);
    return;
  }
  upstream_->answer_with(file.upstream);
  for (size_t i = 0; i < file.requests.size(); ++i) {
    const CaseRequest& request = file.requests[i];
    const std::string label =
        "request " + std::to_string(i) + (request.name.empty() ? "" : " (" + request.name + ")");
    upstream_->take();
    const auto response = exchange((*gateway)->port(), request, kPatience);
    if (!response) {
      problems.push_back(label + ": " + response.error().detail);
      continue;
    }
    for (const std::string& difference :
         differences(request.expect, *response, upstream_->take())) {
      problems.push_back(label + ": " + difference);
    }
  }
  if (!problems.empty()) {
    problems.push_back("end of the gateway's log:\n" + (*gateway)->log_end(kShownLogBytes));
  }
}

}  // namespace wasmgate::author
