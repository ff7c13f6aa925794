// Case files (plugins/cases/README.md) in the simulator, as tests beside a plug-in's own.
//
// `wasmgate test` reads the files, and names the JSON it makes of them in WASMGATE_CASES and a file
// for results in WASMGATE_CASE_REPORT; without them nothing is registered. One request is one
// stream: the plug-in sees the request, then the upstream's answer unless it has replied itself.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "nlohmann_json.hpp"
#include "testing/host_simulator.h"

namespace wasmgate::testing {
namespace {

using Json = nlohmann::json;

/// What came of one request: the response that the client gets, the request that upstream gets.
struct Outcome {
  std::string status;
  HeaderStringPairs response_headers;
  std::string response_body;
  bool reached = false;
  HeaderStringPairs upstream_headers;
  std::string upstream_body;
};

HeaderStringPairs pairs(const Json& list) {
  HeaderStringPairs out;
  for (const Json& item : list) {
    out.emplace_back(item[0].get<std::string>(), item[1].get<std::string>());
  }
  return out;
}

/// All values of a header joined by a comma; null when there is none.
Json joined(const HeaderStringPairs& headers, const std::string& name) {
  std::string text;
  bool found = false;
  for (const auto& [known, value] : headers) {
    if (known == name) {
      text += (found ? "," : "") + value;
      found = true;
    }
  }
  return found ? Json(text) : Json();
}

std::string text_of(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Differences {
 public:
  void compare(const Json& expect, const std::string& what, const HeaderStringPairs& headers,
               const std::string& body) {
    const HeaderStringPairs wanted = pairs(expect["headers"]);
    for (const auto& [name, unused] : wanted) {
      equal(what + " header " + name, joined(wanted, name), joined(headers, name));
    }
    for (const Json& name : expect["absent"]) {
      equal(what + " header " + name.get<std::string>(), Json(), joined(headers, name));
    }
    if (expect["body"].is_string()) {
      equal(what + " body", expect["body"], Json(body));
    } else if (!expect["body"].is_null()) {
      equal(what + " body", expect["body"], Json::parse(body, nullptr, false));
    }
  }
  void equal(const std::string& what, const Json& wanted, const Json& got) {
    if (wanted != got) {
      lines.push_back(what + ": expected " + text_of(wanted) + ", got " + text_of(got));
    }
  }
  std::vector<std::string> lines;
};

Outcome send(HostSimulator& host, const Json& request, const Json& upstream) {
  const auto stream = host.stream();
  HeaderStringPairs headers = {{":authority", request["host"]},
                               {":path", request["path"]},
                               {":method", request["method"]},
                               {":scheme", "http"}};
  const HeaderStringPairs more = pairs(request["headers"]);
  headers.insert(headers.end(), more.begin(), more.end());
  stream->request(headers, request["pieces"].get<std::vector<std::string>>());
  Outcome out;
  out.reached = stream->requestHeadersSent();
  out.upstream_headers = stream->request_headers;
  out.upstream_body = stream->sentRequestBody();
  if (!stream->replied() && out.reached) {
    HeaderStringPairs answer = {{":status", std::to_string(upstream["status"].get<int>())}};
    const HeaderStringPairs own = pairs(upstream["headers"]);
    answer.insert(answer.end(), own.begin(), own.end());
    const auto body = upstream["body"].get<std::string>();
    stream->response(answer, body.empty() ? std::vector<std::string>() : std::vector{body});
  }
  if (stream->replied()) {
    out.status = std::to_string(stream->reply().code);
    out.response_headers = stream->reply().headers;
    out.response_body = stream->reply().body;
    if (!out.response_body.empty() && !stream->reply().hasHeader("content-type")) {
      out.response_headers.emplace_back("content-type", "text/plain");  // as gateways do
    }
  } else {
    out.status = stream->responseHeader(":status").value_or("none");
    out.response_headers = stream->response_headers;
    out.response_body = stream->sentResponseBody();
  }
  return out;
}

void judge(const Json& expect, const Outcome& outcome, Differences& out) {
  if (!expect["status"].is_null()) {
    out.equal("status", std::to_string(expect["status"].get<int>()), outcome.status);
  }
  out.compare(expect["response"], "response", outcome.response_headers, outcome.response_body);
  if (expect["reached"] != "anything") {
    out.equal("upstream: reached", expect["reached"] == "request", outcome.reached);
  }
  if (expect["reached"] == "request" && outcome.reached) {
    out.compare(expect["upstream"], "upstream", outcome.upstream_headers, outcome.upstream_body);
  }
}

std::vector<std::string> run(const Json& file) {
  HostSimulator host;
  host.properties["route_name"] = file["route"];
  host.properties["cluster_name"] = file["cluster"];
  if (!host.configure(file["config"].is_null() ? "" : file["config"].dump())) {
    return {"the configuration was refused:\n" + host.logText(LogLevel::warn)};
  }
  std::vector<std::string> lines;
  for (size_t index = 0; index < file["requests"].size(); ++index) {
    const Json& request = file["requests"][index];
    Differences differences;
    judge(request["expect"], send(host, request, file["upstream"]), differences);
    for (const std::string& line : differences.lines) {
      lines.push_back("request " + std::to_string(index) + ": " + line);
    }
  }
  return lines;
}

class CaseTest : public ::testing::Test {
 public:
  explicit CaseTest(Json file) : file_(std::move(file)) {}
  void TestBody() override {
    const std::vector<std::string> lines = run(file_);
    if (const char* report = std::getenv("WASMGATE_CASE_REPORT")) {
      std::ofstream(report, std::ios::app)
          << text_of({{"name", file_["name"]}, {"messages", lines}}) << "\n";
    }
    for (const std::string& line : lines) {
      ADD_FAILURE() << line;
    }
  }

 private:
  Json file_;
};

bool register_cases() {
  const char* path = std::getenv("WASMGATE_CASES");
  if (path == nullptr) {
    return false;
  }
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  for (const Json& file : Json::parse(text.str(), nullptr, false)) {
    const auto name = file["name"].get<std::string>();
    ::testing::RegisterTest("Cases", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [file]() -> ::testing::Test* { return new CaseTest(file); });
  }
  return true;
}

const bool registered = register_cases();

}  // namespace
}  // namespace wasmgate::testing
