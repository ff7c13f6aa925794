#include "http/rules/head_checks.h"

#include <string>

#include "http/rules/characters.h"
#include "http/rules/field_names.h"
#include "http/rules/refusals.h"
#include "http/rules/request_target.h"

namespace wasmgate::http {
namespace {

constexpr Refusal kPseudoHeaders{400, 0, "http.pseudo_headers"};
constexpr Refusal kBadScheme{400, 8, "http.bad_scheme"};
constexpr Refusal kBadStatus{502, 45, "http.bad_status"};

Refusal check_field(const HeaderField& field) {
  if (!valid_field_name(field.name)) {
    return refusals::kBadFieldName;
  }
  return valid_field_value(field.value) ? Refusal{} : refusals::kValueControl;
}

/// The places of the four pseudo-headers of a request; −1: missing.
struct PseudoPlaces {
  int method = -1;
  int path = -1;
  int authority = -1;
  int scheme = -1;

  int* find(std::string_view name) {
    if (name == kMethod) {
      return &method;
    }
    if (name == kPath) {
      return &path;
    }
    if (name == kAuthority) {
      return &authority;
    }
    return name == kScheme ? &scheme : nullptr;
  }
};

/// Judges ordinary fields and finds the pseudo-headers.
Refusal scan_request(const HeaderMap& headers, PseudoPlaces& places) {
  for (size_t i = 0; i < headers.size(); ++i) {
    const HeaderField& field = headers.fields()[i];
    if (!field.name.starts_with(':')) {
      if (const Refusal refusal = check_field(field)) {
        return refusal;
      }
      continue;
    }
    int* place = places.find(field.name);
    if (place == nullptr || *place >= 0) {
      return kPseudoHeaders;
    }
    *place = static_cast<int>(i);
  }
  const bool complete = places.method >= 0 && places.path >= 0 && places.authority >= 0;
  return complete ? Refusal{} : kPseudoHeaders;
}

Refusal check_method(std::string_view method) {
  if (!is_token(method)) {
    return refusals::kBadMethod;
  }
  if (method == "CONNECT") {
    return {400, refusals::kConnect.rule, refusals::kConnect.reason};
  }
  if (method == "PRI") {
    return refusals::kHttp2Preface;
  }
  return method == "TRACE" ? Refusal{400, refusals::kTrace.rule, refusals::kTrace.reason}
                           : Refusal{};
}

Refusal check_and_normalize_path(HeaderMap& headers, std::string_view method, int place) {
  const std::string_view path = headers.fields()[static_cast<size_t>(place)].value;
  if (path == "*" && method == "OPTIONS") {
    return {};
  }
  const RequestTarget target = read_path(path);
  if (target.refusal) {
    return target.refusal;
  }
  if (!target.normal) {
    std::string normal;
    normalize_path(path, normal);
    headers.replace_stored(static_cast<size_t>(place), headers.store(normal));
  }
  return {};
}

}  // namespace

Refusal check_request_head_for_encoding(HeaderMap& headers) {
  PseudoPlaces places;
  if (const Refusal refusal = scan_request(headers, places)) {
    return refusal;
  }
  const auto value = [&](int place) { return headers.fields()[static_cast<size_t>(place)].value; };
  const std::string_view method = value(places.method);
  if (const Refusal refusal = check_method(method)) {
    return refusal;
  }
  if (const Refusal refusal = check_authority(value(places.authority))) {
    return refusal;
  }
  if (places.scheme >= 0 && value(places.scheme) != "http" && value(places.scheme) != "https") {
    return kBadScheme;
  }
  return check_and_normalize_path(headers, method, places.path);
}

Refusal check_response_head_for_encoding(const HeaderMap& headers) {
  size_t pseudo_count = 0;
  for (const HeaderField& field : headers.fields()) {
    if (field.name.starts_with(':')) {
      ++pseudo_count;
    } else if (const Refusal refusal = check_field(field)) {
      return refusals::as_bad_response(refusal);
    }
  }
  const int status = status_of(headers);
  return pseudo_count == 1 && status >= 200 && status <= 599 ? Refusal{} : kBadStatus;
}

Refusal check_trailers_for_encoding(const HeaderMap& trailers) {
  for (const HeaderField& field : trailers.fields()) {
    if (const Refusal refusal = check_field(field)) {
      return refusal;
    }
    if (is_forbidden_trailer(field.name)) {
      return refusals::kForbiddenTrailer;
    }
  }
  return {};
}

}  // namespace wasmgate::http
