#pragma once
// Base64 (RFC 4648 §4) for credentials and signatures.

#include <optional>
#include <string>
#include <string_view>

namespace wasmgate::oci {

std::string base64_encode(std::string_view bytes);

/// Strict: standard alphabet, right padding, no other bytes; unused bits must be zero, so that each
/// value has one spelling.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace wasmgate::oci
