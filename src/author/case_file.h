#pragma once
// A case file of a plug-in (plugins/cases/README.md): a configuration, what upstream answers,
// requests, and what must come of each.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace wasmgate::author {

using HeaderPairs = std::vector<std::pair<std::string, std::string>>;

/// What is asked of a message. An absent part is not compared.
struct MessageExpectation {
  HeaderPairs headers;  // each is there with exactly this value; several values of a name are
                        // joined by a comma
  std::vector<std::string> absent;  // none of these is there
  nlohmann::ordered_json
      body;  // a string: exactly this text; null: anything; else: JSON that is equal
};

struct Expectation {
  enum class Upstream : uint8_t { Anything, Nothing, Request };

  std::optional<int> status;
  MessageExpectation response;
  Upstream reached = Upstream::Anything;
  MessageExpectation upstream;  // with Upstream::Request
};

struct CaseRequest {
  std::string name;  // for messages; may be empty
  std::string method = "GET";
  std::string path = "/";
  HeaderPairs headers;  // without host
  std::string host = "example.com";
  std::optional<std::string> body;
  std::vector<std::string> chunks;  // instead of body
  Expectation expect;
};

struct UpstreamAnswer {
  int status = 200;
  HeaderPairs headers;
  std::string body;
};

struct CaseFile {
  std::string path;
  std::string about;
  nlohmann::ordered_json config;  // null: none
  std::string route;              // "namespace/name" or "name"; empty: any
  std::string cluster;            // "outbound|80||name.namespace.…"; empty: any
  std::vector<std::string> needs;
  UpstreamAnswer upstream;
  std::vector<CaseRequest> requests;

  nlohmann::ordered_json document;  // as written
};

/// Reads a case. Errors: InvalidArgument with the file, the path in it and what is wrong; unknown
/// keys are errors.
Result<CaseFile> parse_case(const std::string& path, const std::string& text);

}  // namespace wasmgate::author
