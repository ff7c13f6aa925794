#pragma once
// Judges heads that plug-ins may have edited, before they are written to a peer. The codecs' own
// rules made them clean once; these checks make sure that they still are.

#include "http/codec/refusal.h"
#include "http/message/header_map.h"

namespace wasmgate::http {

/// Judges a request head that goes to an upstream. Wants ":method" (a token, neither CONNECT nor
/// TRACE), ":path" and ":authority" once each, at most one ":scheme" (http or https), and valid
/// names and values. ":path" is judged by rules 8 to 13 again and put into its normalised form; "*"
/// stays with OPTIONS. Returns a refusal with status 400; what is wrong stays as it was.
Refusal check_request_head_for_encoding(HeaderMap& headers);

/// Judges a response head that goes to a client: ":status" once, 200 to 599, no other
/// pseudo-header, valid names and values. Returns a refusal with status 502.
Refusal check_response_head_for_encoding(const HeaderMap& headers);

/// Judges trailers: valid names and values, no pseudo-header, no name that trailers may not have
/// (rule 34). Returns a refusal with status 400.
Refusal check_trailers_for_encoding(const HeaderMap& trailers);

}  // namespace wasmgate::http
