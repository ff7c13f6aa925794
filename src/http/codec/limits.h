#pragma once
// Limits of one message on the wire. Every number is configuration; these are the defaults
// (reliability 1.6).

#include <cstddef>
#include <cstdint>

namespace wasmgate::http {

struct MessageLimits {
  size_t header_bytes =
      32 * 1024;              // request line and fields together; over it: 431 (502 from upstream)
  size_t header_count = 100;  // fields; over it: 431
  size_t method_bytes = 32;
  size_t chunk_extension_bytes = 256;  // per chunk
  size_t chunk_extension_total_bytes = 4096;
  size_t interim_responses = 8;  // 1xx before the final response
  uint64_t requests_per_connection = 10'000;
  bool underscore_fold_drop =
      false;  // rule 22: drop a folding name instead of refusing the message
};

/// Limits of responses from upstream: wider, they come from servers the operator chose.
inline MessageLimits default_response_limits() {
  MessageLimits limits;
  limits.header_bytes = 64 * 1024;
  return limits;
}

}  // namespace wasmgate::http
