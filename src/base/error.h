#pragma once
// What a failed operation tells: which kind, whose fault, whether trying again helps, and a
// sentence for a human. Refusals of peers' bytes are enums in their codec (no allocation);
// configuration errors are `config::Diagnostics`.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace wasmgate {

enum class ErrorCode : uint8_t {
  InvalidArgument,
  NotFound,
  AlreadyExists,
  LimitExceeded,
  Timeout,
  Refused,      // a peer or the kernel said no (connection refused, permission denied)
  Unavailable,  // not now, perhaps later
  Protocol,     // bytes that break a protocol
  Corrupt,      // data that does not match its digest or seal
  Malformed,    // data that is not what it should be: no archive, no module
  Unverified,   // no signature by a key that is trusted
  Unsupported,
  Cancelled,
  Internal,
};

enum class ErrorSource : uint8_t { Downstream, Upstream, Plugin, Config, Internal };

struct Error {
  ErrorCode code = ErrorCode::Internal;
  ErrorSource source = ErrorSource::Internal;
  std::string detail;
  bool retryable = false;

  Error() = default;
  Error(ErrorCode c, std::string text, ErrorSource s = ErrorSource::Internal, bool retry = false)
      : code(c), source(s), detail(std::move(text)), retryable(retry) {}
};

/// The word for a code as it stands in logs, for example "limit exceeded".
std::string_view to_string(ErrorCode code);
std::string_view to_string(ErrorSource source);

}  // namespace wasmgate
