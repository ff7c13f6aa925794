#pragma once
// The fields that tell the upstream how a request came (rule 46). What a client says there is never
// believed.

#include <string_view>

#include "http/message/header_map.h"

namespace wasmgate::http {

/// Removes every `forwarded`, `x-forwarded-*` and `x-envoy-*` field that the client sent, then sets
/// `x-forwarded-for` to `client_address` (an address without port) and `x-forwarded-proto` to
/// `scheme` ("http" or "https"). The request id is the caller's business.
void apply_forwarded(HeaderMap& headers, std::string_view client_address, std::string_view scheme);

}  // namespace wasmgate::http
