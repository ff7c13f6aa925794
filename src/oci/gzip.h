#pragma once
// gzip on whole buffers: reproducible writing (no name, time 0), and reading that stops at a size
// limit, whatever the data claims.

#include <string>
#include <string_view>

#include "base/result.h"

namespace wasmgate::oci {

/// One gzip member, best compression, no name, time 0. The same bytes give the same result.
std::string gzip_pack(std::string_view bytes);

/// Unpacks one or more gzip members.
/// Errors: LimitExceeded past `limit_bytes`; Malformed for truncated or damaged data and for bytes
/// after the last member.
Result<std::string> gzip_unpack(std::string_view bytes, size_t limit_bytes);

}  // namespace wasmgate::oci
