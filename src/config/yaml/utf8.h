#pragma once
// Checks that a configuration file is UTF-8 text at all, before a parser sees it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wasmgate::config {

struct BadText {
  uint32_t line = 0;    // from 1
  uint32_t column = 0;  // from 1, in characters
  std::string message;
};

/// The first byte that is not UTF-8 (RFC 3629) or a control byte other than tab, line feed and
/// carriage return.
std::optional<BadText> find_bad_text(std::string_view text);

}  // namespace wasmgate::config
