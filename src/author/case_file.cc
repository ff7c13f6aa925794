#include "author/case_file.h"

#include <algorithm>

#include "author/resources.h"
#include "oci/base64.h"

namespace wasmgate::author {
namespace {

using Json = nlohmann::ordered_json;

// Walks the document and keeps the first problem.
class CaseReader {
 public:
  explicit CaseReader(std::string file) : file_(std::move(file)) {}

  std::optional<Error> problem;

  void complain(const std::string& at, const std::string& what) {
    if (!problem) {
      problem = Error(ErrorCode::InvalidArgument, file_ + ": " + at + ": " + what);
    }
  }

  // True for an object that has only these keys.
  bool object(const Json& value, const std::string& at, std::initializer_list<const char*> keys) {
    if (!value.is_object()) {
      complain(at, "expected an object");
      return false;
    }
    for (const auto& [key, unused] : value.items()) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        complain(at.empty() ? key : at + "." + key, "unknown key");
      }
    }
    return !problem;
  }

  std::string text(const Json& value, const std::string& at) {
    if (value.is_string()) {
      return value.get<std::string>();
    }
    if (value.is_number() || value.is_boolean()) {
      return value.dump();
    }
    complain(at, "expected a text");
    return "";
  }

  int status(const Json& value, const std::string& at) {
    if (!value.is_number_unsigned() || value.get<uint64_t>() < 100 || value.get<uint64_t>() > 999) {
      complain(at, "expected a status from 100 to 999");
      return 0;
    }
    return value.get<int>();
  }

  // A text; {base64: …}; {repeat: text, count: n}; any other value as JSON.
  std::string bytes(const Json& value, const std::string& at) {
    if (value.is_string()) {
      return value.get<std::string>();
    }
    if (value.is_object() && value.size() == 1 && value.contains("base64")) {
      const auto decoded = oci::base64_decode(text(value["base64"], at));
      if (!decoded) {
        complain(at, "is no base64");
      }
      return decoded.value_or("");
    }
    if (value.is_object() && value.size() == 2 && value.contains("repeat") &&
        value.contains("count")) {
      return repeated(text(value["repeat"], at), value["count"], at);
    }
    return value.dump();
  }

  HeaderPairs headers(const Json& value, const std::string& at) {
    HeaderPairs out;
    if (!value.is_object()) {
      complain(at, "expected an object of headers");
      return out;
    }
    for (const auto& [name, values] : value.items()) {
      const Json list = values.is_array() ? values : Json::array({values});
      for (const Json& item : list) {
        out.emplace_back(name, text(item, at + "." + name));
      }
    }
    return out;
  }

  std::vector<std::string> texts(const Json& value, const std::string& at) {
    std::vector<std::string> out;
    if (!value.is_array()) {
      complain(at, "expected a list");
      return out;
    }
    for (const Json& item : value) {
      out.push_back(text(item, at));
    }
    return out;
  }

 private:
  std::string repeated(const std::string& piece, const Json& count, const std::string& at) {
    constexpr uint64_t kMostBytes = 256ULL * 1024 * 1024;
    if (!count.is_number_unsigned() ||
        count.get<uint64_t>() * std::max<uint64_t>(piece.size(), 1) > kMostBytes) {
      complain(at, "count: expected a number, for 256 MiB at most");
      return "";
    }
    std::string out;
    out.reserve(piece.size() * count.get<uint64_t>());
    for (uint64_t i = 0; i < count.get<uint64_t>(); ++i) {
      out += piece;
    }
    return out;
  }

  std::string file_;
};

// The value under `key`, null when absent.
const Json& at_key(const Json& object, const char* key) {
  static const Json kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

void read_message(CaseReader& r, const Json& value, const std::string& at,
                  MessageExpectation& out) {
  if (const Json& headers = at_key(value, "headers"); !headers.is_null()) {
    out.headers = r.headers(headers, at + ".headers");
  }
  if (const Json& absent = at_key(value, "absent"); !absent.is_null()) {
    out.absent = r.texts(absent, at + ".absent");
  }
  out.body = at_key(value, "body");
}

Expectation read_expectation(CaseReader& r, const Json& value, const std::string& at) {
  Expectation out;
  if (value.is_null() ||
      !r.object(value, at, {"status", "headers", "absent", "body", "upstream"})) {
    return out;
  }
  if (const Json& status = at_key(value, "status"); !status.is_null()) {
    out.status = r.status(status, at + ".status");
  }
  read_message(r, value, at, out.response);
  const Json& upstream = at_key(value, "upstream");
  if (upstream == "none") {
    out.reached = Expectation::Upstream::Nothing;
  } else if (!upstream.is_null() &&
             r.object(upstream, at + ".upstream", {"headers", "absent", "body"})) {
    out.reached = Expectation::Upstream::Request;
    read_message(r, upstream, at + ".upstream", out.upstream);
  }
  return out;
}

void read_request_body(CaseReader& r, const Json& value, const std::string& at, CaseRequest& out) {
  const Json& body = at_key(value, "body");
  const Json& chunks = at_key(value, "chunks");
  if (!body.is_null() && !chunks.is_null()) {
    r.complain(at, "has both body and chunks");
  }
  if (!body.is_null()) {
    out.body = r.bytes(body, at + ".body");
  }
  if (!chunks.is_null() && (!chunks.is_array() || chunks.empty())) {
    r.complain(at + ".chunks", "expected a list of pieces");
    return;
  }
  for (const Json& chunk : chunks) {
    out.chunks.push_back(r.bytes(chunk, at + ".chunks"));
  }
}

CaseRequest read_request(CaseReader& r, const Json& value, const std::string& at) {
  CaseRequest out;
  if (!r.object(value, at, {"name", "method", "path", "headers", "body", "chunks", "expect"})) {
    return out;
  }
  const auto text = [&](const char* key, std::string& target) {
    if (const Json& found = at_key(value, key); !found.is_null()) {
      target = r.text(found, at + "." + key);
    }
  };
  text("name", out.name);
  text("method", out.method);
  text("path", out.path);
  if (const Json& headers = at_key(value, "headers"); !headers.is_null()) {
    for (auto& [name, content] : r.headers(headers, at + ".headers")) {
      if (name == "host") {
        out.host = content;
      } else {
        out.headers.emplace_back(name, content);
      }
    }
  }
  read_request_body(r, value, at, out);
  out.expect = read_expectation(r, at_key(value, "expect"), at + ".expect");
  return out;
}

UpstreamAnswer read_upstream(CaseReader& r, const Json& value) {
  UpstreamAnswer out;
  if (value.is_null() || !r.object(value, "upstream", {"status", "headers", "body"})) {
    return out;
  }
  if (const Json& status = at_key(value, "status"); !status.is_null()) {
    out.status = r.status(status, "upstream.status");
  }
  if (const Json& headers = at_key(value, "headers"); !headers.is_null()) {
    out.headers = r.headers(headers, "upstream.headers");
  }
  if (const Json& body = at_key(value, "body"); !body.is_null()) {
    out.body = r.bytes(body, "upstream.body");
  }
  return out;
}

void read_case(CaseReader& r, const Json& value, CaseFile& out) {
  if (!r.object(value, "",
                {"about", "config", "route", "cluster", "needs", "upstream", "requests"})) {
    return;
  }
  const auto text = [&](const char* key, std::string& target) {
    if (const Json& found = at_key(value, key); !found.is_null()) {
      target = r.text(found, key);
    }
  };
  text("about", out.about);
  text("route", out.route);
  text("cluster", out.cluster);
  out.config = at_key(value, "config");
  if (const Json& needs = at_key(value, "needs"); !needs.is_null()) {
    out.needs = r.texts(needs, "needs");
  }
  out.upstream = read_upstream(r, at_key(value, "upstream"));
  const Json& requests = at_key(value, "requests");
  if (!requests.is_array() || requests.empty()) {
    r.complain("requests", "expected a list with at least one request");
    return;
  }
  for (size_t i = 0; i < requests.size(); ++i) {
    out.requests.push_back(read_request(r, requests[i], "requests[" + std::to_string(i) + "]"));
  }
}

}  // namespace

Result<CaseFile> parse_case(const std::string& path, const std::string& text) {
  auto document = parse_document(path, text);
  if (!document) {
    return tl::unexpected(document.error());
  }
  CaseReader reader(path);
  CaseFile out;
  out.path = path;
  read_case(reader, *document, out);
  if (reader.problem) {
    return tl::unexpected(*reader.problem);
  }
  out.document = std::move(*document);
  return out;
}

}  // namespace wasmgate::author
