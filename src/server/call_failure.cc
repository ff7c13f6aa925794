#include "server/call_failure.h"

#include <array>
#include <string_view>
#include <utility>

namespace wasmgate::server {

wasm::CallFailure failure_of(const Error& error) {
  static constexpr std::array<std::pair<std::string_view, wasm::CallFailure>, 8> kTexts{{
      {"timeout", wasm::CallFailure::Timeout},
      {"connection refused", wasm::CallFailure::ConnectionRefused},
      {"connect timeout", wasm::CallFailure::ConnectTimeout},
      {"no healthy host", wasm::CallFailure::NoHealthyHost},
      {"tls handshake failed", wasm::CallFailure::TlsHandshake},
      {"name resolution failed", wasm::CallFailure::NameResolution},
      {"response too large", wasm::CallFailure::ResponseTooLarge},
      {"protocol error", wasm::CallFailure::Protocol},
  }};
  for (const auto& [text, failure] : kTexts) {
    if (error.detail == text) {
      return failure;
    }
  }
  return wasm::CallFailure::Reset;
}

}  // namespace wasmgate::server
