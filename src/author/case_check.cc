#include "author/case_check.h"

#include <optional>

#include "http/message/header_map.h"

namespace wasmgate::author {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kShownBytes = 200;

// All values of a header, joined by a comma.
std::optional<std::string> joined_values(const HeaderPairs& headers, std::string_view name) {
  std::optional<std::string> out;
  for (const auto& [known, value] : headers) {
    if (http::equal_ignore_case(known, name)) {
      out = out ? *out + "," + value : value;
    }
  }
  return out;
}

std::string shown(const std::string& text) {
  const std::string cut = text.size() > kShownBytes ? text.substr(0, kShownBytes) : text;
  const std::string quoted = Json(cut).dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() > kShownBytes ? quoted + "… (" + std::to_string(text.size()) + " bytes)"
                                   : quoted;
}

// What is expected of a header, its values joined as those that came.
HeaderPairs wanted_headers(const HeaderPairs& headers) {
  HeaderPairs out;
  for (const auto& [name, unused] : headers) {
    if (!joined_values(out, name)) {
      out.emplace_back(name, *joined_values(headers, name));
    }
  }
  return out;
}

void compare_body(const Json& wanted, const std::string& got, const std::string& what,
                  std::vector<std::string>& out) {
  if (wanted.is_null()) {
    return;
  }
  if (wanted.is_string()) {
    if (const auto text = wanted.get<std::string>(); text != got) {
      out.push_back(what + ": expected " + shown(text) + ", got " + shown(got));
    }
    return;
  }
  // Without regard to the order of keys.
  const auto plain_wanted = nlohmann::json::parse(wanted.dump());
  if (nlohmann::json::parse(got, nullptr, false) != plain_wanted) {
    out.push_back(what + ": expected the JSON " + shown(wanted.dump()) + ", got " + shown(got));
  }
}

void compare(const MessageExpectation& wanted, const SeenMessage& got, const std::string& what,
             std::vector<std::string>& out) {
  for (const auto& [name, value] : wanted_headers(wanted.headers)) {
    const auto found = joined_values(got.headers, name);
    if (found != value) {
      out.push_back(what + " header " + name + ": expected " + shown(value) + ", got " +
                    (found ? shown(*found) : "none"));
    }
  }
  for (const std::string& name : wanted.absent) {
    if (const auto found = joined_values(got.headers, name)) {
      out.push_back(what + " header " + name + ": expected none, got " + shown(*found));
    }
  }
  compare_body(wanted.body, got.body, what + " body", out);
}

}  // namespace

std::vector<std::string> differences(const Expectation& expect, const SeenMessage& response,
                                     const std::vector<SeenMessage>& upstream) {
  std::vector<std::string> out;
  if (expect.status && *expect.status != response.status) {
    out.push_back("status: expected " + std::to_string(*expect.status) + ", got " +
                  std::to_string(response.status));
  }
  compare(expect.response, response, "response", out);
  const size_t wanted = expect.reached == Expectation::Upstream::Request ? 1 : 0;
  if (expect.reached != Expectation::Upstream::Anything && upstream.size() != wanted) {
    out.push_back("upstream: expected " + std::to_string(wanted) + " requests, got " +
                  std::to_string(upstream.size()));
  } else if (expect.reached == Expectation::Upstream::Request) {
    compare(expect.upstream, upstream.front(), "upstream", out);
  }
  return out;
}

}  // namespace wasmgate::author
