#pragma once
// Where a message's body ends (RFC 9112 §6; rules 23 to 30): the values of Content-Length and
// Transfer-Encoding, judged strictly, and what they mean together.

#include <cstdint>
#include <string_view>

#include "http/codec/refusal.h"

namespace wasmgate::http {

/// The largest length that is accepted: 2^63−1.
inline constexpr uint64_t kLargestLength = INT64_MAX;

struct ContentLength {
  uint64_t bytes = 0;
  std::string_view canonical;  // `text` without leading zeros; a view into it
  Refusal refusal;
};

/// Reads a Content-Length value. `text`: 1 to 19 digits without sign, list or space, at most 2^63−1
/// (rules 23, 24, 26).
ContentLength read_content_length(std::string_view text);

/// Judges one Transfer-Encoding value (rules 28, 29): no refusal only for "chunked", in any case.
Refusal check_transfer_encoding(std::string_view value);

/// What the framing fields of one head said, filled while it is read.
struct FramingFields {
  uint32_t content_length_count = 0;
  uint32_t transfer_encoding_count = 0;
  uint64_t content_length = 0;  // when the count is 1
  bool http10 = false;
};

/// Judges the fields together (rules 25, 27, 28, 30).
Refusal check_framing(const FramingFields& fields);

}  // namespace wasmgate::http
