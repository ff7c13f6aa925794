#pragma once
// Gathers the decoded fields of one header block of HTTP/2 into a HeaderMap, under the limits of a
// head. Past a limit nothing is stored any more, so that a few bytes on the wire cannot become much
// memory; every cookie crumb counts as a field.

#include <cstdint>
#include <string>
#include <string_view>

#include "http/codec/limits.h"
#include "http/codec/refusal.h"
#include "http/codec/server_codec.h"
#include "http/message/header_map.h"

namespace wasmgate::http {

enum class BlockKind : uint8_t { Request, Response, Trailers };

class FieldCollector {
 public:
  /// Starts a block; memory is kept.
  void begin(BlockKind kind);

  /// Takes one field. `name` and `value` are what HPACK gave.
  void add(std::string_view name, std::string_view value, const MessageLimits& limits);

  /// True when a name or value has bytes that HTTP forbids: the stream is to be reset.
  bool malformed() const { return malformed_; }
  bool over_bytes() const { return over_bytes_; }
  bool over_count() const { return over_count_; }
  uint64_t bytes() const { return bytes_; }

  /// Completes a request: four pseudo-headers first, one cookie field, normalised path.
  /// `facts.end_stream` is set already. Returns the rule that it breaks: 8 to 15, 22 to 24, 36, 40,
  /// 41 of HTTP/1.1, which HTTP/2 shares, or a limit.
  Refusal complete_request(const MessageLimits& limits, std::string_view scheme,
                           RequestFacts& facts);

  /// Completes a response, interim ones too. Refusals have status 502.
  Refusal complete_response();

  /// Completes trailers (rule 34).
  Refusal complete_trailers() const;

  HeaderMap& headers() { return headers_; }

 private:
  bool keep_pseudo_header(std::string_view name, std::string_view value);
  void keep_field(std::string_view name, std::string_view value);
  Refusal limit_refusal() const;
  Refusal settle_authority();
  Refusal settle_target();
  Refusal settle_content_length();
  void join_cookies();

  BlockKind kind_ = BlockKind::Request;
  HeaderMap headers_;
  size_t count_ = 0;
  uint64_t bytes_ = 0;
  bool malformed_ = false;
  bool over_bytes_ = false;
  bool over_count_ = false;
  bool folding_name_ = false;
  uint32_t cookies_ = 0;
  uint32_t hosts_ = 0;
  std::string_view host_;
  uint32_t expects_ = 0;
  std::string_view expect_;
  std::string scratch_;
};

}  // namespace wasmgate::http
