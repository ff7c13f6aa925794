#include "config/check/json_text.h"

#include <fmt/format.h>

#include <iterator>

namespace wasmgate::config {

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append_json(std::string& out, const Node& node, const TextFilter& filter) {
  const auto put = [&](std::string_view text) {
    append_json_string(out, filter ? filter(text) : std::string(text));
  };
  switch (node.kind) {
    case NodeKind::Null:
      out += "null";
      break;
    case NodeKind::Bool:
    case NodeKind::Number:
      out += node.text;
      break;
    case NodeKind::String:
      put(node.text);
      break;
    case NodeKind::Sequence:
      out += '[';
      for (size_t i = 0; i < node.items.size(); ++i) {
        out += i == 0 ? "" : ",";
        append_json(out, *node.items[i], filter);
      }
      out += ']';
      break;
    case NodeKind::Mapping:
      out += '{';
      for (size_t i = 0; i < node.entries.size(); ++i) {
        out += i == 0 ? "" : ",";
        put(node.entries[i].key);
        out += ':';
        append_json(out, *node.entries[i].value, filter);
      }
      out += '}';
      break;
  }
}

}  // namespace wasmgate::config
