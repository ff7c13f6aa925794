#include "http/http1/head_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "http/rules/characters.h"
#include "http/rules/field_names.h"
#include "http/rules/refusals.h"

namespace wasmgate::http {
namespace {

constexpr size_t kUsualFieldCount = 32;

using characters::is_blank;

/// Writes the letters, digits and hyphens at the start of `line` to `out` in lower case, in words
/// of eight. Returns how many.
size_t lower_plain_bytes(std::string_view line, char* out) {
  size_t done = 0;
  while (done + 8 <= line.size()) {
    const uint64_t word = characters::load_word(line.data() + done);
    const uint64_t lower = word | characters::repeat(0x20);
    std::memcpy(out + done, &lower, 8);
    const uint64_t others = characters::plain_name_bytes(word) ^ characters::repeat(0x80);
    if (others != 0) {
      return done + static_cast<size_t>(std::countr_zero(others)) /
                        8;  // little-endian: the first byte is the lowest
    }
    done += 8;
  }
  return done;
}

/// Why a value is not clean: the first byte that is not allowed tells.
Refusal value_refusal(std::string_view value) {
  for (const char c : value) {
    if (characters::is_value_byte(static_cast<unsigned char>(c))) {
      continue;
    }
    if (c == '\r') {
      return refusals::kBareCr;
    }
    return c == '\0' ? refusals::kValueNul : refusals::kValueControl;
  }
  return {};
}

/// Why the name that ends at `i` of `line` is not one: no token byte there, and no colon either, or
/// nothing before it.
Refusal name_refusal(std::string_view line, size_t i) {
  if (line.find(':') == std::string_view::npos) {
    return line.find('\r') == std::string_view::npos ? refusals::kNoColon : refusals::kBareCr;
  }
  size_t after = i;
  while (after < line.size() && is_blank(line[after])) {
    ++after;
  }
  if (i > 0 && after > i && line[after] == ':') {
    return refusals::kSpaceBeforeColon;
  }
  return i < line.size() && line[i] == '\r' ? refusals::kBareCr : refusals::kBadFieldName;
}

/// Reads "HTTP/1.0" or "HTTP/1.1" into `http10`.
Refusal read_version(std::string_view text, bool& http10) {
  if (text == "HTTP/1.1" || text == "HTTP/1.0") {
    http10 = text.back() == '0';
    return {};
  }
  const bool known_form =
      text.starts_with("HTTP/") && (text.size() == 6 || (text.size() == 8 && text[6] == '.'));
  if (known_form && text[5] >= '2' && text[5] <= '9' &&
      characters::is_digit(static_cast<unsigned char>(text.back()))) {
    return refusals::kVersionNotSupported;
  }
  return refusals::kBadVersion;
}

}  // namespace

void HeadFacts::clear() {
  std::vector<std::string_view> kept = std::move(connection_values);
  kept.clear();
  *this = HeadFacts();
  connection_values = std::move(kept);
}

void HeadReader::begin(HeadKind kind) {
  kind_ = kind;
  state_ = kind == HeadKind::Trailers ? State::Fields : State::Start;
  empty_line_seen_ = false;
  field_count_ = 0;
  refusal_ = {};
  headers_.clear();
  headers_.reserve(kUsualFieldCount);
  facts_.clear();
  partial_.clear();
}

size_t HeadReader::feed(std::string_view bytes) {
  size_t used = 0;
  while (used < bytes.size() && !done() && !refusal_) {
    std::string_view piece = bytes.substr(used);
    const void* end = std::memchr(piece.data(), '\n', piece.size());
    if (end != nullptr) {
      piece =
          piece.substr(0, static_cast<size_t>(static_cast<const char*>(end) - piece.data()) + 1);
    }
    used += piece.size();
    facts_.header_bytes += piece.size();
    if (facts_.header_bytes > limits_.header_bytes) {
      refuse(refusals::kHeaderBytes);
    } else if (end == nullptr) {
      partial_.append(piece);
    } else if (partial_.empty()) {
      read_line(piece);
    } else {
      partial_.append(piece);
      read_line(partial_);
      partial_.clear();
    }
  }
  return used;
}

void HeadReader::read_line(std::string_view line) {
  if (line.size() < 2 || line[line.size() - 2] != '\r') {
    return refuse(refusals::kBareLf);
  }
  line.remove_suffix(2);
  if (state_ == State::Start) {
    read_start_line(line);
  } else if (line.empty()) {
    state_ = State::Done;
  } else {
    read_field(line);
  }
}

void HeadReader::read_start_line(std::string_view line) {
  if (line.empty() && kind_ == HeadKind::Request) {
    if (empty_line_seen_) {
      return refuse(refusals::kEmptyLines);
    }
    empty_line_seen_ = true;
    facts_.header_bytes = 0;
    return;
  }
  if (line.find('\r') != std::string_view::npos) {
    return refuse(refusals::kBareCr);
  }
  state_ = State::Fields;
  if (kind_ == HeadKind::Request) {
    read_request_line(line);
  } else {
    read_status_line(line);
  }
}

void HeadReader::read_request_line(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (first == 0 || second == first + 1 || line.find('\t') != std::string_view::npos) {
    return refuse(refusals::kRequestLineSpaces);
  }
  const std::string_view method = line.substr(0, first);
  if (!is_token(method) || method.size() > limits_.method_bytes) {
    return refuse(refusals::kBadMethod);
  }
  if (second == std::string_view::npos) {
    return refuse(refusals::kBadVersion);
  }
  const std::string_view version = line.substr(second + 1);
  if (version.find(' ') != std::string_view::npos) {
    return refuse(refusals::kRequestLineSpaces);
  }
  if (method == "PRI") {  // reserved for the preface (RFC 9113 §11.6)
    return refuse(refusals::kHttp2Preface);
  }
  if (const Refusal refusal = read_version(version, facts_.http10)) {
    return refuse(refusal);
  }
  facts_.framing.http10 = facts_.http10;
  facts_.method = headers_.store(method);
  headers_.add_stored(kMethod, facts_.method);
  headers_.add_stored(kPath, {});
  headers_.add_stored(kAuthority, {});
  headers_.add_stored(kScheme, {});
  read_target(line.substr(first + 1, second - first - 1));
}

void HeadReader::read_target(std::string_view target) {
  if (facts_.method == "CONNECT") {
    return refuse(check_authority(target) ? refusals::kTargetForm : refusals::kConnect);
  }
  facts_.target = read_request_target(facts_.method, headers_.store(target));
  if (facts_.target.refusal) {
    refuse(facts_.target.refusal);
  } else if (facts_.method == "TRACE") {
    refuse(refusals::kTrace);
  }
}

void HeadReader::read_status_line(std::string_view line) {
  // "HTTP/1.1 200 reason"; the space after the code is optional when no reason follows.
  const std::string_view code = line.substr(std::min<size_t>(9, line.size()), 3);
  const bool digits = code.size() == 3 && std::all_of(code.begin(), code.end(), [](char c) {
                        return characters::is_digit(static_cast<unsigned char>(c));
                      });
  const bool spaced = line.size() >= 12 && line[8] == ' ' && (line.size() == 12 || line[12] == ' ');
  if (!digits || !spaced || read_version(line.substr(0, 8), facts_.http10) ||
      !clean_field_value(line.substr(12))) {
    return refuse(refusals::kBadStatusLine);
  }
  facts_.status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  if (facts_.status < 100 || facts_.status > 599) {
    return refuse(refusals::kBadStatusLine);
  }
  facts_.framing.http10 = facts_.http10;
  headers_.add_stored(kStatus, headers_.store(code));
}

void HeadReader::read_field(std::string_view line) {
  if (is_blank(line.front())) {
    const bool first = field_count_ == 0 && kind_ != HeadKind::Trailers;
    return refuse(first ? refusals::kSpaceBeforeFields : refusals::kFoldedLine);
  }
  if (++field_count_ > limits_.header_count) {
    return refuse(refusals::kHeaderCount);
  }
  char* const out = headers_.allocate(line.size());
  size_t i = lower_plain_bytes(line, out);
  bool folding = false;
  for (; i < line.size(); ++i) {
    const char c = characters::token_lower(line[i]);
    if (c == '\0') {
      break;
    }
    folding |= c == '_' || c == '.';
    out[i] = c;
  }
  if (i == 0 || i == line.size() || line[i] != ':') {
    return refuse(name_refusal(line, i));
  }
  const std::string_view value = trim_whitespace(line.substr(i + 1));
  if (!clean_field_value(value)) {
    return refuse(value_refusal(value));
  }
  facts_.folding_name |= folding;
  std::memcpy(out + i, value.data(), value.size());
  keep_field({out, i}, {out + i, value.size()});
}

void HeadReader::keep_field(std::string_view name, std::string_view value) {
  if (kind_ == HeadKind::Trailers) {
    if (is_forbidden_trailer(name)) {
      return refuse(refusals::kForbiddenTrailer);
    }
    headers_.add_stored(name, value);
  } else {
    keep_known_field(name, value);
  }
}

void HeadReader::keep_known_field(std::string_view name, std::string_view value) {
  const bool request = kind_ == HeadKind::Request;
  switch (classify_field(name)) {
    case KnownField::ContentLength:
      return keep_content_length(name, value);
    case KnownField::TransferEncoding:
      return keep_transfer_encoding(value);
    case KnownField::Connection:
      return keep_connection(value);
    case KnownField::Te:
    case KnownField::OtherHopByHop:
      return;
    case KnownField::Host:
      if (request) {
        ++facts_.host_count;
        facts_.host = value;
        return;
      }
      break;
    case KnownField::Expect:
      if (request) {
        ++facts_.expect_count;
        facts_.expect = value;
        return;
      }
      break;
    case KnownField::Other:
      break;
  }
  headers_.add_stored(name, value);
}

void HeadReader::keep_content_length(std::string_view name, std::string_view value) {
  ++facts_.framing.content_length_count;
  const ContentLength length = read_content_length(value);
  if (length.refusal) {
    return refuse(length.refusal);
  }
  facts_.framing.content_length = length.bytes;
  headers_.add_stored(name, length.canonical);
}

void HeadReader::keep_transfer_encoding(std::string_view value) {
  ++facts_.framing.transfer_encoding_count;
  const Refusal refusal = check_framing(facts_.framing);
  refuse(refusal ? refusal : check_transfer_encoding(value));
}

void HeadReader::keep_connection(std::string_view value) {
  ConnectionOptions options;
  if (const Refusal refusal = read_connection_options(value, options)) {
    return refuse(refusal);
  }
  facts_.connection.close |= options.close;
  facts_.connection.keep_alive |= options.keep_alive;
  if (options.names_fields) {
    facts_.connection_values.push_back(value);
  }
}

}  // namespace wasmgate::http
