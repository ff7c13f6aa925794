#include "author/native_cases.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace wasmgate::author {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNotSimulated[] = {"tls", "redis", "http-call", "content-length-repair"};
constexpr size_t kMostBytes = 1024UL * 1024;

Json json_of(const HeaderPairs& headers) {
  Json out = Json::array();
  for (const auto& [name, value] : headers) {
    out.push_back({name, value});
  }
  return out;
}

Json json_of(const MessageExpectation& expect) {
  return {{"headers", json_of(expect.headers)}, {"absent", expect.absent}, {"body", expect.body}};
}

const char* word_of(Expectation::Upstream reached) {
  return reached == Expectation::Upstream::Nothing   ? "nothing"
         : reached == Expectation::Upstream::Request ? "request"
                                                     : "anything";
}

std::vector<std::string> pieces_of(const CaseRequest& request) {
  return request.body ? std::vector<std::string>{*request.body} : request.chunks;
}

Json json_of(const CaseRequest& request) {
  Json expect = {{"status", request.expect.status ? Json(*request.expect.status) : Json()},
                 {"response", json_of(request.expect.response)},
                 {"reached", word_of(request.expect.reached)},
                 {"upstream", json_of(request.expect.upstream)}};
  return {{"host", request.host},         {"path", request.path},
          {"method", request.method},     {"headers", json_of(request.headers)},
          {"pieces", pieces_of(request)}, {"expect", std::move(expect)}};
}

Json json_of(const CaseFile& file) {
  Json requests = Json::array();
  for (const CaseRequest& request : file.requests) {
    requests.push_back(json_of(request));
  }
  return {{"name", std::filesystem::path(file.path).stem().string()},
          {"config", file.config},
          {"route", file.route.empty() ? "default/case" : file.route},
          {"cluster",
           file.cluster.empty() ? "outbound|80||backend.default.svc.cluster.local" : file.cluster},
          {"upstream",
           {{"status", file.upstream.status},
            {"headers", json_of(file.upstream.headers)},
            {"body", file.upstream.body}}},
          {"requests", std::move(requests)}};
}

// JSON carries texts: a body of other bytes does not survive.
bool is_text(const std::string& bytes) {
  const std::string quoted = Json(bytes).dump(-1, ' ', false, Json::error_handler_t::ignore);
  return Json::parse(quoted) == bytes;
}

}  // namespace

std::string not_native(const CaseFile& file) {
  for (const char* need : kNotSimulated) {
    if (std::find(file.needs.begin(), file.needs.end(), need) != file.needs.end()) {
      return std::string("needs ") + need;
    }
  }
  std::vector<std::string> bodies = {file.upstream.body};
  for (const CaseRequest& request : file.requests) {
    const auto pieces = pieces_of(request);
    bodies.insert(bodies.end(), pieces.begin(), pieces.end());
  }
  for (const std::string& body : bodies) {
    if (body.size() > kMostBytes) {
      return "has a body above 1 MiB";
    }
    if (!is_text(body)) {
      return "has a body that is no text";
    }
  }
  return "";
}

std::string native_cases(const std::vector<CaseFile>& files) {
  Json out = Json::array();
  for (const CaseFile& file : files) {
    out.push_back(json_of(file));
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<TestResult> read_native_report(const std::string& text) {
  std::vector<TestResult> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("name") || !json.contains("messages")) {
      continue;
    }
    TestResult result;
    result.suite = "native";
    result.name = json["name"].get<std::string>();
    result.messages = json["messages"].get<std::vector<std::string>>();
    result.verdict = result.messages.empty() ? Verdict::Passed : Verdict::Failed;
    out.push_back(std::move(result));
  }
  return out;
}

}  // namespace wasmgate::author
