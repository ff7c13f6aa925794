#pragma once
// The room's door: configuration text in, the checked model or all diagnostics out. No I/O: the
// caller reads the files.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/diagnostics/diagnostics.h"
#include "config/model/model.h"

namespace wasmgate::config {

/// One file. `path`: as the user gave it, shown in messages; relative plug-in URLs are resolved
/// against its folder.
struct SourceText {
  std::string path;
  std::string text;  // YAML (one or many documents) or JSON, UTF-8, at most kMaxFileBytes
};

inline constexpr size_t kMaxFileBytes = 16ULL * 1024 * 1024;

struct LoadResult {
  std::optional<Model> model;  // none exactly when `diagnostics` has an error
  Diagnostics diagnostics;     // sorted
};

/// Reads and checks all files as one configuration. No file at all gives the defaults.
LoadResult load(std::span<const SourceText> sources);

/// A rule of a plug-in that cannot take effect.
struct RuleWarning {
  std::string plugin;  // resource: "namespace/name"
  size_t rule = 0;     // position among the plug-in's enabled rules, from 1
  std::string message;
  Location location;
};

/// Rules after a catch-all, repeated rules, lists that the matcher ignores, and ingresses, services
/// and domains that nothing in the model has.
std::vector<RuleWarning> find_dead_rules(const Model& model);

/// The same as warnings, for `validate`.
void add_dead_rules(const Model& model, Diagnostics& out);

}  // namespace wasmgate::config
