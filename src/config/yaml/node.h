#pragma once
// One YAML document as a tree of values with places: what the readers of the resources walk.
// Scalars are typed by the YAML 1.2 core schema. Aliases share the node of their anchor, so a tree
// may be a graph without cycles.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wasmgate::config {

enum class NodeKind : uint8_t { Null, Bool, Number, String, Sequence, Mapping };

/// The kind as messages say it: "null", "boolean", "number", "string", "array", "object".
std::string_view to_string(NodeKind kind);

/// Begin and end (after the last character) in the file, lines and columns from 1, columns in
/// characters.
struct Span {
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t end_line = 0;
  uint32_t end_column = 0;
};

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Entry {
  std::string key;
  Span key_span;
  NodePtr value;
};

struct Node {
  NodeKind kind = NodeKind::Null;
  std::string text;  // String: the value. Number: valid JSON text, digits as written. Bool: "true"
                     // or "false"
  Span span;
  std::vector<NodePtr> items;   // Sequence
  std::vector<Entry> entries;   // Mapping, in the file's order, keys unique
  uint32_t height = 1;          // levels of nesting below and including this node
  uint64_t expanded_bytes = 0;  // size of the tree with every alias written out; a guard against
                                // tiny files that unfold to huge ones

  bool is(NodeKind k) const { return kind == k; }

  /// The value under `key`, or null.
  const Node* find(std::string_view key) const;
};

}  // namespace wasmgate::config
