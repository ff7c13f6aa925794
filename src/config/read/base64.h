#pragma once
// Base64 (RFC 4648 §4) as Secrets use it.

#include <optional>
#include <string>
#include <string_view>

namespace wasmgate::config {

/// Line breaks and spaces are skipped; padding is required. Returns nothing for other text.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace wasmgate::config
