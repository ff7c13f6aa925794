#pragma once
// SHA-256 digests of artifacts: what identifies a module, whatever address it came from.

#include <string>
#include <string_view>

namespace wasmgate::artifact {

/// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

/// True when `text` is 64 lower-case hexadecimal digits.
bool is_sha256_hex(std::string_view text);

}  // namespace wasmgate::artifact
