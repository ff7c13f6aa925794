#pragma once
// A filter's answer to one part (head, data, trailers) of a message: four yes/no facts. What a
// plug-in's numeric status means in these facts is one table in wasm/wasm_filter.cc; what the facts
// do to a stream is chain_direction.cc.
//
//                         pass   show_later  keep_reading  keep_part
//   kContinue              yes      yes          yes          –       hand this part (and what is
//   held) to the next filter kStopShowLater         no       yes          yes          yes hold;
//   later parts still come to this filter kStopBuffer            no       no           yes yes hold
//   everything unseen, up to the body limit (413 / 500) kStopWatermark         no       no no yes
//   the same with back-pressure instead of a refusal kHoldBuffer            no       yes yes yes
//   data: hold and show the growing total, up to the limit kHoldWatermark         no       yes no
//   yes     data: the same with back-pressure kDropPart              no       yes          yes no
//   data: the filter took the bytes; nothing is kept

#include <cstdint>

namespace wasmgate::filter {

struct Verdict {
  bool pass = true;
  bool show_later = true;
  bool keep_reading = true;
  bool keep_part = true;

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

inline constexpr Verdict kContinue{true, true, true, true};
inline constexpr Verdict kStopShowLater{false, true, true, true};
inline constexpr Verdict kStopBuffer{false, false, true, true};
inline constexpr Verdict kStopWatermark{false, false, false, true};
inline constexpr Verdict kHoldBuffer{false, true, true, true};
inline constexpr Verdict kHoldWatermark{false, true, false, true};
inline constexpr Verdict kDropPart{false, true, true, false};

/// Request: from the client towards the upstream. Response: back.
enum class Direction : uint8_t { Request, Response };

}  // namespace wasmgate::filter
