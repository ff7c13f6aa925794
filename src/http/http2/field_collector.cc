#include "http/http2/field_collector.h"

#include <array>

#include "http/message/pseudo_header_places.h"
#include "http/rules/body_framing.h"
#include "http/rules/characters.h"
#include "http/rules/field_names.h"
#include "http/rules/folding_names.h"
#include "http/rules/refusals.h"
#include "http/rules/request_target.h"

namespace wasmgate::http {
namespace {

constexpr std::array<std::string_view, 4> kRequestPseudo = {kMethod, kPath, kAuthority, kScheme};

constexpr Refusal kBadHttp2Scheme{400, 8, "http2.bad_scheme"};

}  // namespace

void FieldCollector::begin(BlockKind kind) {
  kind_ = kind;
  headers_.clear();
  count_ = 0;
  bytes_ = 0;
  malformed_ = over_bytes_ = over_count_ = folding_name_ = false;
  cookies_ = hosts_ = expects_ = 0;
  host_ = expect_ = {};
  if (kind == BlockKind::Request) {
    for (const std::string_view name : kRequestPseudo) {
      headers_.add_static(name, {});
    }
  } else if (kind == BlockKind::Response) {
    headers_.add_static(kStatus, {});
  }
}

void FieldCollector::add(std::string_view name, std::string_view value,
                         const MessageLimits& limits) {
  ++count_;
  bytes_ += name.size() + value.size();
  over_bytes_ |= bytes_ > limits.header_bytes;
  if (name.starts_with(':')) {
    --count_;  // the limit is of fields
    malformed_ |= !clean_field_value(value) || (!over_bytes_ && !keep_pseudo_header(name, value));
    return;
  }
  over_count_ |= count_ > limits.header_count;
  if (!valid_field_name(name) || !valid_field_value(value)) {
    malformed_ = true;
  } else if (!over_bytes_ && !over_count_) {
    keep_field(name, value);
  }
}

bool FieldCollector::keep_pseudo_header(std::string_view name, std::string_view value) {
  if (kind_ == BlockKind::Trailers) {
    return false;
  }
  const size_t places = kind_ == BlockKind::Request ? kRequestPseudo.size() : 1;
  for (size_t i = 0; i < places; ++i) {
    if (headers_.fields()[i].name == name) {
      headers_.replace_stored(i, headers_.store(value));
      return true;
    }
  }
  return false;
}

void FieldCollector::keep_field(std::string_view name, std::string_view value) {
  const KnownField known = classify_field(name);
  if (kind_ == BlockKind::Request && known == KnownField::Host) {
    ++hosts_;
    host_ = headers_.store(value);
    return;
  }
  if (kind_ == BlockKind::Request && known == KnownField::Expect) {
    ++expects_;
    expect_ = headers_.store(value);
    return;
  }
  folding_name_ |= name.find_first_of("_.") != std::string_view::npos;
  cookies_ += name == "cookie" ? 1 : 0;
  headers_.add(name, value);
}

Refusal FieldCollector::limit_refusal() const {
  if (over_bytes_) {
    return refusals::kHeaderBytes;
  }
  return over_count_ ? refusals::kHeaderCount : Refusal{};
}

Refusal FieldCollector::settle_authority() {
  std::string_view authority = headers_.fields()[kAuthorityPlace].value;
  if (hosts_ > 1) {
    return refusals::kHostCount;
  }
  if (hosts_ == 1 && authority.empty()) {
    authority = host_;
    headers_.replace_stored(kAuthorityPlace, host_);
  } else if (hosts_ == 1 && !equal_ignore_case(host_, authority)) {
    return refusals::kAuthorityMismatch;
  }
  return check_authority(authority);
}

Refusal FieldCollector::settle_target() {
  const std::string_view method = headers_.fields()[kMethodPlace].value;
  const std::string_view path = headers_.fields()[kPathPlace].value;
  if (method == "TRACE") {
    return refusals::kTrace;
  }
  if (path == "*" && method == "OPTIONS") {
    return {};
  }
  const RequestTarget target = read_path(path);
  if (target.refusal) {
    return target.refusal;
  }
  if (!target.normal) {
    normalize_path(path, scratch_);
    headers_.replace_stored(kPathPlace, headers_.store(scratch_));
  }
  return {};
}

/// Puts the canonical digits; the library has compared the length with the content already.
Refusal FieldCollector::settle_content_length() {
  Refusal refusal;
  uint32_t count = 0;
  for (size_t i = 0; i < headers_.size(); ++i) {
    if (headers_.fields()[i].name == kContentLength) {
      const ContentLength length = read_content_length(headers_.fields()[i].value);
      refusal = ++count > 1 ? refusals::kTwoContentLengths : length.refusal;
      headers_.replace_stored(i, length.canonical);
    }
  }
  return refusal;
}

/// Crumbs become one field, as messages outside HTTP/2 have it (RFC 9113 §8.2.3).
void FieldCollector::join_cookies() {
  std::string joined;
  const std::string_view all = *headers_.get_joined("cookie", joined);
  headers_.set("cookie", all);
}

Refusal FieldCollector::complete_request(const MessageLimits& limits, std::string_view scheme,
                                         RequestFacts& facts) {
  facts.protocol = Protocol::Http2;
  facts.header_bytes = bytes_;
  if (const Refusal refusal = limit_refusal()) {
    return refusal;
  }
  if (headers_.fields()[kMethodPlace].value == "CONNECT") {
    return refusals::kConnect;
  }
  const std::string_view method = headers_.fields()[kMethodPlace].value;
  if (method == "PRI") {
    return refusals::kHttp2Preface;
  }
  if (!is_token(method) || method.size() > limits.method_bytes) {
    return refusals::kBadMethod;
  }
  const std::string_view said = headers_.fields()[kSchemePlace].value;
  if (!equal_ignore_case(said, "http") && !equal_ignore_case(said, "https")) {
    return kBadHttp2Scheme;
  }
  if (const Refusal refusal = settle_authority()) {
    return refusal;
  }
  if (const Refusal refusal = settle_target()) {
    return refusal;
  }
  if (const Refusal refusal = settle_content_length()) {
    return refusal;
  }
  if (expects_ > 1 || (expects_ == 1 && !equal_ignore_case(expect_, "100-continue"))) {
    return refusals::kBadExpect;
  }
  facts.expect_continue = expects_ == 1 && !facts.end_stream;
  if (cookies_ > 1) {
    join_cookies();
  }
  headers_.replace_stored(kSchemePlace, scheme);
  return folding_name_ ? check_folding_names(headers_, limits.underscore_fold_drop) : Refusal{};
}

Refusal FieldCollector::complete_response() {
  if (const Refusal refusal = limit_refusal()) {
    return refusals::as_bad_response(refusal);
  }
  const int status = status_of(headers_);
  if (status < 100 || status > 599) {
    return refusals::kBadStatusLine;
  }
  return refusals::as_bad_response(settle_content_length());
}

Refusal FieldCollector::complete_trailers() const {
  if (const Refusal refusal = limit_refusal()) {
    return refusal;
  }
  for (const HeaderField& field : headers_.fields()) {
    if (is_forbidden_trailer(field.name)) {
      return refusals::kForbiddenTrailer;
    }
  }
  return {};
}

}  // namespace wasmgate::http
