#include "proxy/upstream/stream_failure.h"

namespace wasmgate::proxy {

UpstreamFailure failure_of(net::CloseReason reason) {
  switch (reason) {
    case net::CloseReason::ConnectRefused:
      return UpstreamFailure::ConnectRefused;
    case net::CloseReason::ConnectTimeout:
      return UpstreamFailure::ConnectTimeout;
    case net::CloseReason::TlsFailed:
      return UpstreamFailure::TlsFailed;
    case net::CloseReason::Reset:
      return UpstreamFailure::Reset;
  }
  return UpstreamFailure::Reset;
}

std::string_view to_string(UpstreamFailure failure) {
  switch (failure) {
    case UpstreamFailure::NoCluster:
      return "no such cluster";
    case UpstreamFailure::NoHealthyHost:
      return "no healthy host";
    case UpstreamFailure::ResolveFailed:
      return "name resolution failed";
    case UpstreamFailure::Overflow:
      return "overload";
    case UpstreamFailure::ConnectRefused:
      return "connection refused";
    case UpstreamFailure::ConnectTimeout:
      return "connect timeout";
    case UpstreamFailure::TlsFailed:
      return "tls handshake failed";
    case UpstreamFailure::Reset:
      return "reset";
    case UpstreamFailure::Protocol:
      return "protocol error";
    case UpstreamFailure::Timeout:
      return "timeout";
  }
  return "reset";
}

ErrorCode code_of(UpstreamFailure failure) {
  switch (failure) {
    case UpstreamFailure::Timeout:
    case UpstreamFailure::ConnectTimeout:
      return ErrorCode::Timeout;
    case UpstreamFailure::ConnectRefused:
    case UpstreamFailure::TlsFailed:
      return ErrorCode::Refused;
    case UpstreamFailure::Overflow:
      return ErrorCode::LimitExceeded;
    case UpstreamFailure::Protocol:
      return ErrorCode::Protocol;
    default:
      return ErrorCode::Unavailable;
  }
}

}  // namespace wasmgate::proxy
