#pragma once
// The configuration of a plug-in as nodes with their places (Plugin::source): for checks against
// its schema and for telling which part a request gets. Secrets are not filled in.

#include <string>
#include <vector>

#include "config/yaml/node.h"

namespace wasmgate::config {

struct ConfigSource {
  struct Part {
    NodePtr node;      // null: not given
    std::string path;  // "spec.defaultConfig", "spec.matchRules[1].config"
  };
  std::string file;
  Part global;              // pluginConfig, else defaultConfig unless disabled
  std::vector<Part> rules;  // one per entry of Plugin::rules
};

}  // namespace wasmgate::config
