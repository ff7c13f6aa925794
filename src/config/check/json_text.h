#pragma once
// A node as compact JSON text: keys in the file's order, numbers with their digits as written,
// aliases written out.

#include <functional>
#include <string>
#include <string_view>

#include "config/yaml/node.h"

namespace wasmgate::config {

/// Turns one string value (or key) into what is to stand in the JSON, not yet escaped.
using TextFilter = std::function<std::string(std::string_view)>;

/// Appends `text` between quotes, escaped as RFC 8259 §7 asks; UTF-8 stays.
void append_json_string(std::string& out, std::string_view text);

/// Appends `node`. `filter` may be empty.
void append_json(std::string& out, const Node& node, const TextFilter& filter);

}  // namespace wasmgate::config
