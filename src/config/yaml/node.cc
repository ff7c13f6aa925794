#include "config/yaml/node.h"

namespace wasmgate::config {

std::string_view to_string(NodeKind kind) {
  switch (kind) {
    case NodeKind::Null:
      return "null";
    case NodeKind::Bool:
      return "boolean";
    case NodeKind::Number:
      return "number";
    case NodeKind::String:
      return "string";
    case NodeKind::Sequence:
      return "array";
    case NodeKind::Mapping:
      break;
  }
  return "object";
}

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) {
      return entry.value.get();
    }
  }
  return nullptr;
}

}  // namespace wasmgate::config
