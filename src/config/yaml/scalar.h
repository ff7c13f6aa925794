#pragma once
// The meaning of an unquoted YAML scalar: the YAML 1.2 core schema (YAML 1.2.2 §10.3.2), and the
// words that YAML 1.1 read differently.

#include <optional>
#include <string>
#include <string_view>

#include "config/yaml/node.h"

namespace wasmgate::config {

struct Scalar {
  NodeKind kind = NodeKind::String;
  std::string text;  // as Node::text
  bool not_finite =
      false;  // .inf and .nan: numbers that JSON cannot carry (text is the word as written)
};

/// Types an unquoted scalar. A number keeps its digits; only what JSON cannot say is rewritten
/// (0x1F → 31, +5 → 5, .5 → 0.5).
Scalar type_plain_scalar(std::string_view text);

/// For a word that YAML 1.1 (and kubectl) takes as a boolean but YAML 1.2 as a string (on, off,
/// yes, no): that boolean.
std::optional<bool> yaml11_boolean(std::string_view text);

}  // namespace wasmgate::config
