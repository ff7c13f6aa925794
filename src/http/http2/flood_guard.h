#pragma once
// Counts what an HTTP/2 peer sends that costs more to handle than to send (rapid resets,
// CONTINUATION chains, empty frames, pings, settings, priorities, window updates), and says when it
// is enough. Pure counting: it knows no session.

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "http/http2/http2_limits.h"

namespace wasmgate::http {

/// A bucket of tokens that refills with time.
class TokenBucket {
 public:
  /// Starts full with `burst` tokens. `clock` outlives the bucket.
  TokenBucket(const Clock& clock, uint32_t burst, uint32_t per_second);

  /// Takes one token. False when there is none.
  bool take();

 private:
  const Clock& clock_;
  double burst_;
  double per_second_;
  double tokens_;
  MonotonicTime filled_at_;
};

class FloodGuard {
 public:
  /// A reason for logs, such as "http2.too_many_resets"; empty when all is well.
  using Verdict = std::string_view;

  /// `header_block_bytes`: compressed size that one header block may have. References outlive the
  /// guard.
  FloodGuard(const Http2Limits& limits, size_t header_block_bytes, const Clock& clock);

  /// Judges a frame by its header (RFC 9113 §4.1), before its payload is read. A RST_STREAM counts
  /// as on_reset().
  Verdict on_frame(uint8_t type, size_t length);

  /// An empty DATA frame without END_STREAM; `count`: how many its stream has had, kept by the
  /// stream.
  Verdict on_empty_data(uint32_t& count) const;

  /// The peer made us reset a stream by an error of its own.
  Verdict on_reset();

  void on_stream_opened() { ++streams_; }
  void on_data_sent() { ++data_frames_sent_; }

 private:
  Verdict on_header_block(uint8_t type, size_t length);

  const Http2Limits& limits_;
  const size_t header_block_bytes_;
  TokenBucket resets_;
  TokenBucket controls_;
  uint64_t streams_ = 0;
  uint64_t data_frames_sent_ = 0;
  uint64_t priority_frames_ = 0;
  uint64_t window_updates_ = 0;
  uint32_t continuations_ = 0;
  size_t block_bytes_ = 0;
};

}  // namespace wasmgate::http
