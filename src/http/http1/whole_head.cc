#include "http/http1/whole_head.h"

#include "http/message/pseudo_header_places.h"
#include "http/message/status.h"
#include "http/rules/folding_names.h"
#include "http/rules/refusals.h"
#include "http/rules/request_target.h"

namespace wasmgate::http {
namespace {

/// Rules 9, 14 and 15; gives ":authority" its value.
Refusal settle_authority(HeaderMap& headers, const HeadFacts& facts) {
  if (facts.host_count > 1 || (facts.host_count == 0 && !facts.http10)) {
    return refusals::kHostCount;
  }
  if (facts.host_count == 1) {
    if (const Refusal refusal = check_authority(facts.host)) {
      return refusal;
    }
  }
  if (facts.target.authority.empty()) {
    headers.replace_stored(kAuthorityPlace, facts.host);
    return {};
  }
  if (facts.host_count == 1 && !equal_ignore_case(facts.host, facts.target.authority)) {
    return refusals::kAuthorityMismatch;
  }
  headers.replace_stored(kAuthorityPlace, facts.target.authority);
  return {};
}

/// Rule 13.
void settle_path(HeaderMap& headers, const RequestTarget& target, std::string& scratch) {
  std::string_view path = target.path;
  if (!target.normal) {
    normalize_path(path, scratch);
    path = headers.store(scratch);
  }
  headers.replace_stored(kPathPlace, path);
}

/// Rule 36. HTTP/1.0 knows no Expect: it is dropped.
Refusal settle_expect(const HeadFacts& head, RequestFacts& facts) {
  if (head.expect_count == 0 || head.http10) {
    return {};
  }
  if (head.expect_count > 1 || !equal_ignore_case(head.expect, "100-continue")) {
    return refusals::kBadExpect;
  }
  facts.expect_continue = !facts.end_stream;
  return {};
}

void remove_named_fields(HeaderMap& headers, const HeadFacts& facts) {
  for (const std::string_view value : facts.connection_values) {
    http::remove_named_fields(headers, value);
  }
}

bool keeps_alive(const HeadFacts& facts) {
  return facts.http10 ? facts.connection.keep_alive && !facts.connection.close
                      : !facts.connection.close;
}

void settle_body(const HeadFacts& facts, CompleteHead& out) {
  if (facts.framing.transfer_encoding_count != 0) {
    out.body = BodyKind::Chunked;
  } else if (facts.framing.content_length > 0) {
    out.body = BodyKind::Length;
    out.length = facts.framing.content_length;
  }
}

CompleteHead refused(const Refusal& refusal) {
  CompleteHead out;
  out.refusal = refusal;
  return out;
}

/// The framing of a response that has no body (RFC 9112 §6.3 (1)).
CompleteHead without_body(HeadReader& reader, bool to_head) {
  const HeadFacts& facts = reader.facts();
  const bool may_describe_one = to_head || facts.status == 304;
  if (!may_describe_one) {
    if (facts.framing.transfer_encoding_count != 0 || facts.framing.content_length > 0) {
      return refused(refusals::kBodyNotAllowed);
    }
    reader.headers().remove(kContentLength);
  }
  CompleteHead out;
  out.keep_alive = keeps_alive(facts);
  return out;
}

}  // namespace

CompleteHead complete_request_head(HeadReader& reader, const MessageLimits& limits,
                                   std::string_view scheme, std::string& scratch,
                                   RequestFacts& facts) {
  HeaderMap& headers = reader.headers();
  const HeadFacts& head = reader.facts();
  CompleteHead out;
  if (const Refusal refusal = settle_authority(headers, head)) {
    return refused(refusal);
  }
  if (const Refusal refusal = check_framing(head.framing)) {
    return refused(refusal);
  }
  settle_body(head, out);
  facts.protocol = head.http10 ? Protocol::Http10 : Protocol::Http11;
  facts.end_stream = out.body == BodyKind::None;
  facts.header_bytes = head.header_bytes;
  if (const Refusal refusal = settle_expect(head, facts)) {
    return refused(refusal);
  }
  if (head.folding_name) {
    if (const Refusal refusal = check_folding_names(headers, limits.underscore_fold_drop)) {
      return refused(refusal);
    }
  }
  remove_named_fields(headers, head);
  settle_path(headers, head.target, scratch);
  headers.replace_stored(kSchemePlace, scheme);
  out.keep_alive = keeps_alive(head);
  return out;
}

CompleteHead complete_response_head(HeadReader& reader, bool to_head) {
  const HeadFacts& facts = reader.facts();
  if (facts.status == 101) {
    return refused(refusals::kUnaskedUpgrade);
  }
  if (const Refusal refusal = check_framing(facts.framing)) {
    return refused(refusals::as_bad_response(refusal));
  }
  remove_named_fields(reader.headers(), facts);
  if (to_head || never_has_body(facts.status)) {
    return without_body(reader, to_head);
  }
  CompleteHead out;
  settle_body(facts, out);
  if (facts.framing.content_length_count == 0 && out.body == BodyKind::None) {
    out.body = BodyKind::UntilClose;
  }
  out.keep_alive = keeps_alive(facts) && out.body != BodyKind::UntilClose;
  return out;
}

}  // namespace wasmgate::http
