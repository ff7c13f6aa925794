#include "http/http2/flood_guard.h"

#include <algorithm>
#include <chrono>

namespace wasmgate::http {
namespace {

// Frame types and flags (RFC 9113 §6).
constexpr uint8_t kData = 0;
constexpr uint8_t kHeaders = 1;
constexpr uint8_t kPriority = 2;
constexpr uint8_t kResetStream = 3;
constexpr uint8_t kPushPromise = 5;
constexpr uint8_t kGoAway = 7;
constexpr uint8_t kWindowUpdate = 8;
constexpr uint8_t kContinuation = 9;

constexpr uint64_t kSpareWindowUpdates = 20;

}  // namespace

TokenBucket::TokenBucket(const Clock& clock, uint32_t burst, uint32_t per_second)
    : clock_(clock),
      burst_(burst),
      per_second_(per_second),
      tokens_(burst),
      filled_at_(clock.now()) {}

bool TokenBucket::take() {
  const MonotonicTime now = clock_.now();
  const std::chrono::duration<double> passed = now - filled_at_;
  tokens_ = std::min(burst_, tokens_ + passed.count() * per_second_);
  filled_at_ = now;
  if (tokens_ < 1) {
    return false;
  }
  tokens_ -= 1;
  return true;
}

FloodGuard::FloodGuard(const Http2Limits& limits, size_t header_block_bytes, const Clock& clock)
    : limits_(limits),
      header_block_bytes_(header_block_bytes),
      resets_(clock, limits.reset_burst, limits.resets_per_second),
      controls_(clock, limits.control_burst, limits.controls_per_second) {}

FloodGuard::Verdict FloodGuard::on_frame(uint8_t type, size_t length) {
  switch (type) {
    case kData:
    case kGoAway:
      return {};
    case kResetStream:
      return on_reset();
    case kHeaders:
    case kPushPromise:
    case kContinuation:
      return on_header_block(type, length);
    case kPriority:
      return ++priority_frames_ > limits_.priority_frames_per_stream * (1 + streams_)
                 ? "http2.too_many_priorities"
                 : Verdict{};
    case kWindowUpdate: {
      const uint64_t most = kSpareWindowUpdates * (1 + streams_) +
                            limits_.window_updates_per_data_frame * data_frames_sent_;
      return ++window_updates_ > most ? "http2.too_many_window_updates" : Verdict{};
    }
    default:
      return controls_.take() ? Verdict{} : "http2.too_many_control_frames";
  }
}

FloodGuard::Verdict FloodGuard::on_header_block(uint8_t type, size_t length) {
  if (type == kContinuation) {
    if (++continuations_ > limits_.continuation_frames) {
      return "http2.too_many_continuations";
    }
  } else {
    continuations_ = 0;
    block_bytes_ = 0;
  }
  block_bytes_ += length;
  return block_bytes_ > header_block_bytes_ ? "http2.header_block_too_large" : Verdict{};
}

FloodGuard::Verdict FloodGuard::on_empty_data(uint32_t& count) const {
  return ++count > limits_.empty_data_frames ? "http2.too_many_empty_frames" : Verdict{};
}

FloodGuard::Verdict FloodGuard::on_reset() {
  return resets_.take() ? Verdict{} : "http2.too_many_resets";
}

}  // namespace wasmgate::http
