#pragma once
// Finds the content of one message body in the bytes after its head: by length, by chunks (RFC 9112
// §7.1; rules 31 to 34), or until the peer closes. Works in steps, so that its user can stop
// between two pieces.
//
// Chunked:  Size ──CR──▶ SizeLf ──▶ Data ──▶ DataCr ──▶ DataLf ──▶ Size      size 0: SizeLf ──▶
// Trailers ──▶ Done
//             └──";"──▶ Extension (its own small grammar) ──CR──▶ SizeLf

#include <cstdint>
#include <string_view>

#include "http/codec/limits.h"
#include "http/codec/refusal.h"
#include "http/http1/chunk_extension.h"
#include "http/http1/head_reader.h"

namespace wasmgate::http {

enum class BodyKind : uint8_t { None, Length, Chunked, UntilClose };

/// The outcome of one step: at most one piece of content.
struct BodyStep {
  size_t used = 0;
  std::string_view data;  // a view into the bytes given
};

class BodyReader {
 public:
  explicit BodyReader(const MessageLimits& limits)
      : limits_(limits), extension_(limits), trailers_(limits) {}

  /// Starts a body. `length`: its bytes when `kind` is Length.
  void begin(BodyKind kind, uint64_t length = 0);

  /// Reads up to the end of the next piece of content. Uses at least one byte of a non-empty input
  /// unless done or refused.
  BodyStep step(std::string_view bytes);

  BodyKind kind() const { return kind_; }
  bool done() const { return state_ == State::Done; }
  const Refusal& refusal() const { return refusal_; }

  /// The trailers of a chunked body that is done; often empty.
  HeaderMap& trailers() { return trailers_.headers(); }

 private:
  enum class State : uint8_t { Size, Extension, SizeLf, Data, DataCr, DataLf, Trailers, Done };

  size_t read_data(std::string_view bytes, BodyStep& step);
  void read_framing_byte(char c);
  void read_size_byte(char c);
  void end_size_line();
  void refuse(const Refusal& refusal) { refusal_ = refusal; }

  const MessageLimits& limits_;
  BodyKind kind_ = BodyKind::None;
  State state_ = State::Done;
  uint64_t left_ = 0;  // bytes of content to come in this chunk or body
  unsigned size_digits_ = 0;
  Refusal refusal_;
  ChunkExtension extension_;
  HeadReader trailers_;
};

}  // namespace wasmgate::http
