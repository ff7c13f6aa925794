// sni_misdirect: answers 421 (RFC 9110 §15.5.20) to HTTP/2 requests that came on a TLS connection
// made for another host name.
//
// Without TLS, without SNI, under HTTP/1 and for gRPC nothing is checked. There is no
// configuration.
#pragma once

#include <string_view>

#include "proxy_wasm_intrinsics.h"

class SniMisdirectContext : public Context {
 public:
  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
};

/// True when `host` (without port) is the server name `sni`, or within it when it is "*.x".
bool isServedBy(std::string_view sni, std::string_view host);
