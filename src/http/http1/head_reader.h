#pragma once
// Reads the head of one message, or a trailer section, line by line: bytes in, a clean HeaderMap
// and the facts that framing needs out. It refuses at the first line that breaks a rule, the same
// way however the bytes are cut. A line that lies whole in the caller's bytes is read in place;
// only a line that is cut is gathered first.
//
//   Start ──start line──▶ Fields ──empty line──▶ Done        Trailers begin in Fields.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/codec/limits.h"
#include "http/codec/refusal.h"
#include "http/message/header_map.h"
#include "http/rules/body_framing.h"
#include "http/rules/hop_by_hop.h"
#include "http/rules/request_target.h"

namespace wasmgate::http {

enum class HeadKind : uint8_t { Request, Response, Trailers };

/// What a head said besides its ordinary fields. Views live as long as the reader's header map
/// keeps its contents.
struct HeadFacts {
  bool http10 = false;
  std::string_view method;  // requests
  RequestTarget target;     // requests; its refusal is never set
  int status = 0;           // responses, 100 to 599
  FramingFields framing;
  ConnectionOptions connection;
  std::vector<std::string_view> connection_values;  // those that name fields
  uint32_t host_count = 0;
  std::string_view host;
  uint32_t expect_count = 0;
  std::string_view expect;
  bool folding_name = false;  // a name has "_" or "."
  uint64_t header_bytes = 0;  // start line and fields with their line ends

  void clear();
};

class HeadReader {
 public:
  /// `limits`: read at each head; outlives the reader.
  explicit HeadReader(const MessageLimits& limits) : limits_(limits) {}

  /// Starts anew; what was read is forgotten, memory is kept.
  void begin(HeadKind kind);

  /// Reads until the section is complete or refused. Returns how many bytes were used; all of them
  /// unless done() or refused.
  size_t feed(std::string_view bytes);

  bool done() const { return state_ == State::Done; }
  /// True when no byte of a head was read yet (an empty line before a request does not count).
  bool untouched() const { return state_ == State::Start && facts_.header_bytes == 0; }
  const Refusal& refusal() const { return refusal_; }

  /// Ordinary fields in order. Requests begin with the four pseudo-headers, of which only ":method"
  /// has its value yet; responses with ":status". Host, Expect and hop-by-hop fields are not there;
  /// Content-Length has its canonical value.
  HeaderMap& headers() { return headers_; }
  HeadFacts& facts() { return facts_; }

 private:
  enum class State : uint8_t { Start, Fields, Done };

  void refuse(const Refusal& refusal) { refusal_ = refusal; }
  void read_line(std::string_view line);
  void read_start_line(std::string_view line);
  void read_request_line(std::string_view line);
  void read_target(std::string_view target);
  void read_status_line(std::string_view line);
  void read_field(std::string_view line);
  void keep_field(std::string_view name, std::string_view value);
  void keep_known_field(std::string_view name, std::string_view value);
  void keep_content_length(std::string_view name, std::string_view value);
  void keep_transfer_encoding(std::string_view value);
  void keep_connection(std::string_view value);

  const MessageLimits& limits_;
  HeadKind kind_ = HeadKind::Request;
  State state_ = State::Start;
  bool empty_line_seen_ = false;
  size_t field_count_ = 0;
  Refusal refusal_;
  HeaderMap headers_;
  HeadFacts facts_;
  std::string partial_;  // the line that is not complete yet
};

}  // namespace wasmgate::http
