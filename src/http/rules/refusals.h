#pragma once
// Every refusal of HTTP/1 as one constant: status, number of the rule (docs/http-rules.md), and the
// reason that logs show. The same constants serve the response side through as_bad_response().

#include "http/codec/refusal.h"

namespace wasmgate::http::refusals {

// Lines.
inline constexpr Refusal kBareLf{400, 1, "http1.bare_lf"};
inline constexpr Refusal kBareCr{400, 2, "http1.bare_cr"};
inline constexpr Refusal kSpaceBeforeFields{400, 3, "http1.space_before_fields"};
inline constexpr Refusal kEmptyLines{400, 4, "http1.empty_lines"};

// The request line.
inline constexpr Refusal kRequestLineSpaces{400, 5, "http1.request_line_spaces"};
inline constexpr Refusal kBadMethod{400, 6, "http1.bad_method"};
inline constexpr Refusal kBadVersion{400, 7, "http1.bad_version"};
inline constexpr Refusal kVersionNotSupported{505, 7, "http1.version_not_supported"};
inline constexpr Refusal kTargetForm{400, 8, "http1.target_form"};
inline constexpr Refusal kAuthorityMismatch{400, 9, "http1.authority_mismatch"};
inline constexpr Refusal kTargetBytes{400, 10, "http1.target_bytes"};
inline constexpr Refusal kBadPercent{400, 11, "http1.bad_percent_encoding"};
inline constexpr Refusal kEncodedSlash{400, 12, "http1.encoded_slash"};

// Host.
inline constexpr Refusal kHostCount{400, 14, "http1.host_count"};
inline constexpr Refusal kBadHost{400, 15, "http1.bad_host"};

// Fields.
inline constexpr Refusal kBadFieldName{400, 16, "http1.bad_field_name"};
inline constexpr Refusal kNoColon{400, 17, "http1.no_colon"};
inline constexpr Refusal kSpaceBeforeColon{400, 18, "http1.space_before_colon"};
inline constexpr Refusal kFoldedLine{400, 19, "http1.folded_line"};
inline constexpr Refusal kValueNul{400, 20, "http1.nul_in_value"};
inline constexpr Refusal kValueControl{400, 21, "http1.control_in_value"};
inline constexpr Refusal kFoldingName{400, 22, "http1.folding_name"};

// Body framing.
inline constexpr Refusal kBadContentLength{400, 23, "http1.bad_content_length"};
inline constexpr Refusal kEmptyContentLength{400, 24, "http1.empty_content_length"};
inline constexpr Refusal kTwoContentLengths{400, 25, "http1.two_content_lengths"};
inline constexpr Refusal kLengthAndCoding{400, 27, "http1.length_and_transfer_encoding"};
inline constexpr Refusal kBadTransferEncoding{400, 28, "http1.bad_transfer_encoding"};
inline constexpr Refusal kUnknownCoding{501, 28, "http1.unknown_transfer_encoding"};
inline constexpr Refusal kChunkedNotLast{400, 29, "http1.chunked_not_last"};
inline constexpr Refusal kCodingInHttp10{400, 30, "http1.transfer_encoding_in_1_0"};

// Chunks and trailers.
inline constexpr Refusal kBadChunkSize{400, 31, "http1.bad_chunk_size"};
inline constexpr Refusal kBadChunkExtension{400, 32, "http1.bad_chunk_extension"};
inline constexpr Refusal kBadChunkEnd{400, 33, "http1.bad_chunk_end"};
inline constexpr Refusal kForbiddenTrailer{400, 34, "http1.forbidden_trailer"};

// Meaning.
inline constexpr Refusal kBadExpect{417, 36, "http1.bad_expect"};
inline constexpr Refusal kHttp2Preface{400, 39, "http1.http2_preface"};
inline constexpr Refusal kConnect{405, 40, "http1.connect"};
inline constexpr Refusal kTrace{405, 41, "http1.trace"};
inline constexpr Refusal kProtectedConnectionOption{400, 42, "http1.protected_connection_option"};

// Limits.
inline constexpr Refusal kHeaderBytes{431, 0, "http1.header_bytes"};
inline constexpr Refusal kHeaderCount{431, 0, "http1.header_count"};

// Responses.
inline constexpr Refusal kBadStatusLine{502, 45, "http1.bad_status_line"};
inline constexpr Refusal kTooManyInterim{502, 45, "http1.too_many_interim_responses"};
inline constexpr Refusal kUnaskedUpgrade{502, 45, "http1.unasked_upgrade"};
inline constexpr Refusal kBodyNotAllowed{502, 45, "http1.body_not_allowed"};
inline constexpr Refusal kBytesAfterEnd{502, 45, "http1.bytes_after_end"};
inline constexpr Refusal kResponseCut{502, 45, "http1.response_cut"};

/// The same fault in bytes from an upstream: status 502, rule 45, the reason kept. No refusal stays
/// none.
constexpr Refusal as_bad_response(Refusal refusal) {
  return refusal.status == 0 ? refusal : Refusal{502, 45, refusal.reason};
}

}  // namespace wasmgate::http::refusals
