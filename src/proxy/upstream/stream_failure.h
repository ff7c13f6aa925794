#pragma once
// Why a request to an upstream did not end well, before it is turned into a response
// (filter/local_reply) or a reason for a plug-in.

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "net/transport.h"

namespace wasmgate::proxy {

enum class UpstreamFailure : uint8_t {
  NoCluster,
  NoHealthyHost,
  ResolveFailed,
  Overflow,  // a limit of the cluster
  ConnectRefused,
  ConnectTimeout,
  TlsFailed,
  Reset,     // the connection or the stream broke
  Protocol,  // bytes that break a rule
  Timeout,   // the request's own time-out
};

UpstreamFailure failure_of(net::CloseReason reason);

/// The words plug-ins and logs see: "no healthy host", "connection refused", "timeout", …
std::string_view to_string(UpstreamFailure failure);

/// The kind of Error that plug-ins' calls end with.
ErrorCode code_of(UpstreamFailure failure);

/// True when no byte of the request can have reached the upstream.
inline bool never_connected(UpstreamFailure failure) {
  return failure == UpstreamFailure::ConnectRefused || failure == UpstreamFailure::ConnectTimeout ||
         failure == UpstreamFailure::TlsFailed;
}

}  // namespace wasmgate::proxy
