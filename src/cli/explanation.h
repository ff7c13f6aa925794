#pragma once
// What a request to one host and path meets: its route, and per plug-in which rule applies and
// which configuration that gives, or why it is not called. Pure; `explain` prints it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model/model.h"

namespace wasmgate::cli {

struct PluginExplanation {
  const config::Plugin* plugin = nullptr;
  bool called = false;                   // the plug-in stands in the route's chain
  size_t rule = 0;                       // from 1: the rule that wins; 0: none
  bool global = false;                   // no rule wins: the global configuration applies
  std::string configuration;             // the effective JSON without match keys; empty: none
  std::string why;                       // one sentence
  std::vector<std::string> passed_over;  // why the rules before the winner do not apply
};

struct Explanation {
  const config::Route* route = nullptr;      // null: no route, the answer is 404
  const config::Cluster* cluster = nullptr;  // null: unknown
  std::vector<PluginExplanation> plugins;    // in chain order
};

struct RequestLine {
  std::string host;  // as in the Host header
  std::string path;  // with query
};

/// "http://host:port/path", "https://…" or "host/path". Returns nothing when there is no host.
std::optional<RequestLine> parse_request_url(std::string_view url);

/// Lifetime: pointers are the model's.
Explanation explain(const config::Model& model, const RequestLine& request);

}  // namespace wasmgate::cli
