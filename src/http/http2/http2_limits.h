#pragma once
// Limits of one HTTP/2 connection. Every number is configuration; these are the defaults. What a
// peer may send is counted here and not left to the library, so that the counts are ours to test.

#include <cstddef>
#include <cstdint>

namespace wasmgate::http {

struct Http2Limits {
  uint32_t concurrent_streams = 100;
  uint32_t stream_window_bytes = 64 * 1024;
  uint32_t connection_window_bytes = 1024 * 1024;

  uint32_t continuation_frames =
      8;  // per header block; its compressed size is bounded by MessageLimits::header_bytes
  uint32_t empty_data_frames = 10;  // without END_STREAM, per stream

  // Resets: those the peer sends and those its errors make us send. A bucket of `burst` that
  // refills by `per_second`.
  uint32_t reset_burst = 100;
  uint32_t resets_per_second = 20;
  // PING, SETTINGS and frames of unknown types.
  uint32_t control_burst = 200;
  uint32_t controls_per_second = 50;

  uint32_t priority_frames_per_stream =
      100;  // on average over the connection's streams, and as many before the first
  uint32_t window_updates_per_data_frame =
      10;  // for every DATA frame sent; each stream and the connection have 20 more

  size_t output_high_bytes =
      256 * 1024;                 // no more DATA is made while so much waits in the caller's buffer
  uint32_t output_frames = 1000;  // frames that wait behind it, over it the connection ends
  uint32_t output_control_frames = 200;  // of these, frames other than HEADERS and DATA
};

}  // namespace wasmgate::http
