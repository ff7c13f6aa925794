#pragma once
// The gRPC calls and streams of a worker's plug-ins: frames and statuses here, the HTTP/2 exchange
// from the proxy's AsyncClient.

#include <memory>

#include "proxy/upstream/async_client.h"
#include "wasm/host/host_services.h"

namespace wasmgate::server {

/// Starts one; see HostServices::grpc_stream. What goes wrong later comes as on_close: 14 without a
/// connection, 4 after the time-out, 8 over a limit, 13 for bytes that are no gRPC, 2 for an answer
/// without a status. `calls` and `events` outlive the stream.
wasm::CallStart start_grpc(proxy::AsyncClient& calls, const wasm::GrpcCall& call,
                           wasm::GrpcEvents& events, std::unique_ptr<wasm::GrpcStream>& out);

}  // namespace wasmgate::server
