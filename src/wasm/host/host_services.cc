#include "wasm/host/host_services.h"

namespace wasmgate::wasm {

std::string_view to_string(CallFailure failure) {
  switch (failure) {
    case CallFailure::ConnectionRefused:
      return "connection refused";
    case CallFailure::ConnectTimeout:
      return "connect timeout";
    case CallFailure::NoHealthyHost:
      return "no healthy host";
    case CallFailure::TlsHandshake:
      return "tls handshake failed";
    case CallFailure::NameResolution:
      return "name resolution failed";
    case CallFailure::Timeout:
      return "timeout";
    case CallFailure::Reset:
      return "reset";
    case CallFailure::ResponseTooLarge:
      return "response too large";
    case CallFailure::Protocol:
      return "protocol error";
  }
  return "unknown";
}

}  // namespace wasmgate::wasm
