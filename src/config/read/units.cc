#include "config/read/units.h"

#include <array>
#include <charconv>
#include <utility>

namespace wasmgate::config {
namespace {

// Takes the digits at the front of `text`.
std::optional<uint64_t> take_digits(std::string_view& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value > static_cast<uint64_t>(INT64_MAX)) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

std::optional<uint64_t> multiply(uint64_t a, uint64_t b) {
  if (a != 0 && b > static_cast<uint64_t>(INT64_MAX) / a) {
    return std::nullopt;
  }
  return a * b;
}

// Milliseconds of the unit at the front of `text`, which is taken.
std::optional<uint64_t> take_time_unit(std::string_view& text) {
  constexpr std::array<std::pair<std::string_view, uint64_t>, 4> kUnits{
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  for (const auto& [unit, factor] : kUnits) {
    if (text.starts_with(unit)) {
      text.remove_prefix(unit.size());
      return factor;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr uint64_t kMaxMilliseconds = 10ULL * 366 * 24 * 3'600'000;
  if (text == "0") {
    return std::chrono::milliseconds(0);
  }
  uint64_t total = 0;
  if (text.empty()) {
    return std::nullopt;
  }
  while (!text.empty()) {
    const auto number = take_digits(text);
    const auto unit = number ? take_time_unit(text) : std::nullopt;
    const auto part = unit ? multiply(*number, *unit) : std::nullopt;
    if (!part || *part > kMaxMilliseconds || (total += *part) > kMaxMilliseconds) {
      return std::nullopt;
    }
  }
  return std::chrono::milliseconds(total);
}

std::optional<uint64_t> parse_bytes(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, uint64_t>, 9> kUnits{{{"", 1},
                                                                         {"Ki", 1ULL << 10},
                                                                         {"Mi", 1ULL << 20},
                                                                         {"Gi", 1ULL << 30},
                                                                         {"Ti", 1ULL << 40},
                                                                         {"k", 1'000},
                                                                         {"M", 1'000'000},
                                                                         {"G", 1'000'000'000},
                                                                         {"T", 1'000'000'000'000}}};
  const auto number = take_digits(text);
  if (!number) {
    return std::nullopt;
  }
  for (const auto& [unit, factor] : kUnits) {
    if (text == unit) {
      return multiply(*number, factor);
    }
  }
  return std::nullopt;
}

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace wasmgate::config
