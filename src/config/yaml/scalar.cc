#include "config/yaml/scalar.h"

#include <algorithm>
#include <array>

namespace wasmgate::config {
namespace {

bool digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::string without_leading_zeros(std::string_view text) {
  const size_t first = text.find_first_not_of('0');
  return first == std::string_view::npos ? "0" : std::string(text.substr(first));
}

// Decimal digits of a number written in base 8 or 16, of any length.
std::string to_decimal(std::string_view text, unsigned base) {
  std::string decimal = "0";  // least digit first
  for (const char c : text) {
    unsigned carry = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    for (char& d : decimal) {
      const unsigned value = static_cast<unsigned>(d - '0') * base + carry;
      d = static_cast<char>('0' + value % 10);
      carry = value / 10;
    }
    for (; carry != 0; carry /= 10) {
      decimal += static_cast<char>('0' + carry % 10);
    }
  }
  std::reverse(decimal.begin(), decimal.end());
  return without_leading_zeros(decimal);
}

std::optional<std::string> based_integer(std::string_view text) {
  constexpr size_t kMaxDigits = 64;
  if (text.size() < 3 || text.size() > kMaxDigits || text[0] != '0') {
    return std::nullopt;
  }
  const std::string_view rest = text.substr(2);
  if (text[1] == 'o' && rest.find_first_not_of("01234567") == std::string_view::npos) {
    return to_decimal(rest, 8);
  }
  if (text[1] == 'x' &&
      rest.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos) {
    return to_decimal(rest, 16);
  }
  return std::nullopt;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
std::optional<std::string> decimal_number(std::string_view text) {
  std::string out;
  if (text.starts_with('-')) {
    out = "-";
  }
  if (text.starts_with('-') || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const size_t e = text.find_first_of("eE");
  std::string_view mantissa = text.substr(0, e);
  const size_t dot = mantissa.find('.');
  const std::string_view whole = mantissa.substr(0, dot);
  const std::string_view fraction = dot == std::string_view::npos ? "" : mantissa.substr(dot + 1);
  if ((!whole.empty() && !digits(whole)) || (!fraction.empty() && !digits(fraction)) ||
      (whole.empty() && fraction.empty())) {
    return std::nullopt;
  }
  out += whole.empty() ? "0" : without_leading_zeros(whole);
  if (dot != std::string_view::npos) {
    out += '.';
    out += fraction.empty() ? "0" : fraction;
  }
  if (e != std::string_view::npos) {
    std::string_view exponent = text.substr(e + 1);
    const std::string_view bare =
        exponent.substr(exponent.starts_with('-') || exponent.starts_with('+') ? 1 : 0);
    if (!digits(bare)) {
      return std::nullopt;
    }
    out += text.substr(e);
  }
  return out;
}

bool not_finite(std::string_view text) {
  if (one_of(text, {".nan", ".NaN", ".NAN"})) {
    return true;
  }
  if (text.starts_with('-') || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  return one_of(text, {".inf", ".Inf", ".INF"});
}

}  // namespace

Scalar type_plain_scalar(std::string_view text) {
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) {
    return {NodeKind::Null, {}};
  }
  if (one_of(text, {"true", "True", "TRUE"})) {
    return {NodeKind::Bool, "true"};
  }
  if (one_of(text, {"false", "False", "FALSE"})) {
    return {NodeKind::Bool, "false"};
  }
  if (auto integer = based_integer(text)) {
    return {NodeKind::Number, *std::move(integer)};
  }
  if (auto number = decimal_number(text)) {
    return {NodeKind::Number, *std::move(number)};
  }
  if (not_finite(text)) {
    return {NodeKind::Number, std::string(text), true};
  }
  return {NodeKind::String, std::string(text)};
}

std::optional<bool> yaml11_boolean(std::string_view text) {
  if (one_of(text, {"on", "On", "ON", "yes", "Yes", "YES"})) {
    return true;
  }
  if (one_of(text, {"off", "Off", "OFF", "no", "No", "NO"})) {
    return false;
  }
  return std::nullopt;
}

}  // namespace wasmgate::config
