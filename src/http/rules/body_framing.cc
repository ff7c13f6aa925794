#include "http/rules/body_framing.h"

#include <algorithm>

#include "http/message/header_map.h"
#include "http/rules/characters.h"
#include "http/rules/refusals.h"

namespace wasmgate::http {
namespace {

constexpr size_t kLongestLength = 19;

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return characters::is_digit(static_cast<unsigned char>(c)); });
}

}  // namespace

ContentLength read_content_length(std::string_view text) {
  if (text.empty()) {
    return {.refusal = refusals::kEmptyContentLength};
  }
  if (text.size() > kLongestLength || !all_digits(text)) {
    return {.refusal = refusals::kBadContentLength};
  }
  uint64_t bytes = 0;  // 19 digits fit into 64 bits
  for (const char c : text) {
    bytes = bytes * 10 + static_cast<uint64_t>(c - '0');
  }
  if (bytes > kLargestLength) {
    return {.refusal = refusals::kBadContentLength};
  }
  const size_t zeros = std::min(text.find_first_not_of('0'), text.size() - 1);
  return {.bytes = bytes, .canonical = text.substr(zeros), .refusal = {}};
}

Refusal check_transfer_encoding(std::string_view value) {
  if (equal_ignore_case(value, "chunked")) {
    return {};
  }
  if (is_token(value)) {
    return refusals::kUnknownCoding;
  }
  const size_t comma = value.rfind(',');
  if (comma == std::string_view::npos) {
    return refusals::kBadTransferEncoding;
  }
  const bool chunked_is_last =
      equal_ignore_case(trim_whitespace(value.substr(comma + 1)), "chunked");
  return chunked_is_last ? refusals::kBadTransferEncoding : refusals::kChunkedNotLast;
}

Refusal check_framing(const FramingFields& fields) {
  if (fields.content_length_count > 1) {
    return refusals::kTwoContentLengths;
  }
  if (fields.transfer_encoding_count == 0) {
    return {};
  }
  if (fields.content_length_count != 0) {
    return refusals::kLengthAndCoding;
  }
  if (fields.transfer_encoding_count > 1) {
    return refusals::kBadTransferEncoding;
  }
  return fields.http10 ? refusals::kCodingInHttp10 : Refusal{};
}

}  // namespace wasmgate::http
