#pragma once
// YAML text into trees of nodes, through libfyaml's events (the only file that includes it).
// Duplicate keys, unknown aliases, non-text keys, unknown tags, too deep nesting and text that
// unfolds too far are errors with their place. A document that is broken does not hide the errors
// of the next one.

#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics/diagnostics.h"
#include "config/yaml/node.h"

namespace wasmgate::config {

/// Levels of nesting of a document: the depth of a plug-in configuration (64) and the levels of the
/// resource around it.
inline constexpr uint32_t kMaxDocumentDepth = 72;

/// Bytes of a document with all aliases written out.
inline constexpr uint64_t kMaxExpandedBytes = 64ULL * 1024 * 1024;

/// The documents of one file that could be read; empty documents are left out. Errors and warnings
/// go to `out`.
std::vector<NodePtr> parse_yaml(const std::string& file, std::string_view text, Diagnostics& out);

}  // namespace wasmgate::config
