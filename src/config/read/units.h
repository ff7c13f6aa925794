#pragma once
// Numbers with units as they stand in configuration: durations ("50ms", "1m30s") and sizes ("64Mi",
// "1000000").

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wasmgate::config {

inline constexpr uint64_t kMi = 1ULL << 20;  // bytes
inline constexpr uint64_t kGi = 1ULL << 30;  // bytes

/// A duration: one or more of number and unit (ms, s, m, h) without spaces, or plain "0". Whole
/// milliseconds only. Returns nothing for other text or more than ten years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// A size in bytes: an integer with nothing, Ki, Mi, Gi, Ti (powers of 1024), k, M, G or T (powers
/// of 1000) after it. Returns nothing for other text or what does not fit 63 bits.
std::optional<uint64_t> parse_bytes(std::string_view text);

/// An integer in decimal digits with an optional minus. Returns nothing for other text or when it
/// does not fit.
std::optional<int64_t> parse_integer(std::string_view text);

}  // namespace wasmgate::config
