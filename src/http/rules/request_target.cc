#include "http/rules/request_target.h"

#include <algorithm>
#include <array>

#include "http/message/header_map.h"
#include "http/rules/characters.h"
#include "http/rules/refusals.h"

namespace wasmgate::http {
namespace {

using characters::hex_value;
using characters::is_alpha;
using characters::is_digit;

constexpr bool is_unreserved(unsigned char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/// What a byte of a target needs.
enum class TargetByte : uint8_t { Plain, Slash, Question, Percent, Backslash, Forbidden };

constexpr TargetByte classify(unsigned char c) {
  switch (c) {
    case '/':
      return TargetByte::Slash;
    case '?':
      return TargetByte::Question;
    case '%':
      return TargetByte::Percent;
    case '\\':
      return TargetByte::Backslash;
    case '#':
      return TargetByte::Forbidden;
    default:
      return c > 0x20 && c < 0x7F ? TargetByte::Plain : TargetByte::Forbidden;
  }
}

template <class Value, class Make>
constexpr std::array<Value, 256> make_table(Make make) {
  std::array<Value, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    table[c] = make(static_cast<unsigned char>(c));
  }
  return table;
}

constexpr std::array<TargetByte, 256> kTargetBytes = make_table<TargetByte>(classify);
constexpr std::array<bool, 256> kHostBytes = make_table<bool>([](unsigned char c) {
  return is_unreserved(c) || (c != 0 && std::string_view("!$&'()*+;=").find(static_cast<char>(c)) !=
                                            std::string_view::npos);
});

/// The byte that the escape at `i` stands for, −1 when it is malformed.
int escaped_byte(std::string_view text, size_t i) {
  if (i + 2 >= text.size()) {
    return -1;
  }
  const int high = hex_value(text[i + 1]);
  const int low = hex_value(text[i + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// What one pass over a target tells.
struct TargetScan {
  Refusal refusal;
  bool normal = true;  // normalize_path would change nothing
};

Refusal check_escape(std::string_view text, size_t i, bool in_path) {
  const int byte = escaped_byte(text, i);
  if (byte <= 0) {
    return refusals::kBadPercent;
  }
  return in_path && (byte == '/' || byte == '\\') ? refusals::kEncodedSlash : Refusal{};
}

/// Rules 10 to 12 over a whole target.
TargetScan scan_target(std::string_view text) {
  TargetScan scan;
  bool in_path = true;
  for (size_t i = 0; i < text.size() && !scan.refusal; ++i) {
    switch (kTargetBytes[static_cast<unsigned char>(text[i])]) {
      case TargetByte::Plain:
        break;
      case TargetByte::Slash:
        if (in_path && i + 1 < text.size() && (text[i + 1] == '/' || text[i + 1] == '.')) {
          scan.normal = false;
        }
        break;
      case TargetByte::Question:
        in_path = false;
        break;
      case TargetByte::Percent:
        scan.normal = scan.normal && !in_path;
        scan.refusal = check_escape(text, i, in_path);
        break;
      case TargetByte::Backslash:
        scan.refusal = in_path ? refusals::kEncodedSlash : Refusal{};
        break;
      case TargetByte::Forbidden:
        scan.refusal = refusals::kTargetBytes;
        break;
    }
  }
  return scan;
}

/// "http://" or "https://" at the front, in any case: its length, else 0.
size_t scheme_prefix(std::string_view target) {
  for (const std::string_view prefix :
       {std::string_view("http://"), std::string_view("https://")}) {
    if (equal_ignore_case(target.substr(0, prefix.size()), prefix)) {
      return prefix.size();
    }
  }
  return 0;
}

RequestTarget read_absolute_form(std::string_view method, std::string_view target, size_t prefix) {
  RequestTarget out;
  const size_t end = std::min(target.find_first_of("/?", prefix), target.size());
  out.authority = target.substr(prefix, end - prefix);
  out.refusal = check_authority(out.authority);
  out.path = target.substr(end);
  out.normal = false;  // the "//" before the authority hides what the scan saw
  if (out.path.empty()) {
    out.path = method == "OPTIONS" ? "*" : "/";
    out.normal = true;
  }
  return out;
}

bool valid_port(std::string_view port) {
  if (port.empty() || port.size() > 5) {
    return false;
  }
  unsigned value = 0;
  for (const char c : port) {
    if (!is_digit(static_cast<unsigned char>(c))) {
      return false;
    }
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value >= 1 && value <= 65535;
}

bool is_host_byte(char c) { return kHostBytes[static_cast<unsigned char>(c)]; }

bool is_ip_literal(std::string_view inner) {
  return inner.size() >= 2 && inner.find(':') != std::string_view::npos &&
         std::all_of(inner.begin(), inner.end(),
                     [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; });
}

/// Removes the last segment of `out`, which keeps its first "/".
void drop_segment(std::string& out) {
  out.pop_back();  // the "/" that ends the segment before
  out.resize(out.rfind('/') + 1);
  if (out.empty()) {
    out.push_back('/');
  }
}

/// Appends one segment without its "/"; `out` ends with "/". Decodes what need not be escaped.
void append_segment(std::string_view segment, std::string& out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      out.push_back(segment[i]);
      continue;
    }
    const auto byte = static_cast<unsigned char>(escaped_byte(segment, i));
    if (is_unreserved(byte)) {
      out.push_back(static_cast<char>(byte));
    } else {
      out.push_back('%');
      out.push_back(kDigits[byte >> 4U]);
      out.push_back(kDigits[byte & 15U]);
    }
    i += 2;
  }
}

/// Resolves the segment that begins at `start` of `out` when it is "." or "..".
/// Returns true when it was one, so that `out` ends with "/" again.
bool resolve_dots(std::string& out, size_t start) {
  const std::string_view segment = std::string_view(out).substr(start);
  if (segment != "." && segment != "..") {
    return false;
  }
  const bool up = segment.size() == 2;
  out.resize(start);
  if (up) {
    drop_segment(out);
  }
  return true;
}

}  // namespace

RequestTarget read_request_target(std::string_view method, std::string_view target) {
  const TargetScan scan = scan_target(target);
  RequestTarget out;
  out.refusal = scan.refusal;
  out.normal = scan.normal;
  if (out.refusal) {
    return out;
  }
  if (target.starts_with('/')) {
    out.path = target;
  } else if (target == "*" && method == "OPTIONS") {
    out.path = target;
  } else if (const size_t prefix = scheme_prefix(target)) {
    return read_absolute_form(method, target, prefix);
  } else {
    out.refusal = refusals::kTargetForm;
  }
  return out;
}

RequestTarget read_path(std::string_view path) {
  if (!path.starts_with('/')) {
    return {.authority = {}, .path = path, .refusal = refusals::kTargetForm};
  }
  const TargetScan scan = scan_target(path);
  return {.authority = {}, .path = path, .normal = scan.normal, .refusal = scan.refusal};
}

void normalize_path(std::string_view path, std::string& out) {
  const size_t query = std::min(path.find('?'), path.size());
  out.assign("/");
  size_t i = 0;
  while (i < query) {
    if (path[i] == '/') {
      ++i;
      continue;
    }
    const size_t end = std::min(path.find('/', i), query);
    const size_t start = out.size();
    append_segment(path.substr(i, end - i), out);
    if (!resolve_dots(out, start) && end < query) {
      out.push_back('/');
    }
    i = end;
  }
  out.append(path.substr(query));
}

Refusal check_authority(std::string_view authority) {
  std::string_view rest = authority;
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos || !is_ip_literal(authority.substr(1, close - 1))) {
      return refusals::kBadHost;
    }
    rest = authority.substr(close + 1);
  } else {
    const size_t end = std::min(authority.find(':'), authority.size());
    const std::string_view name = authority.substr(0, end);
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_host_byte)) {
      return refusals::kBadHost;
    }
    rest = authority.substr(end);
  }
  if (rest.empty() || (rest.front() == ':' && valid_port(rest.substr(1)))) {
    return {};
  }
  return refusals::kBadHost;
}

}  // namespace wasmgate::http
