#pragma once
// The proxy's reasons why a plug-in's call has no answer, in the plug-in host's words.

#include "base/error.h"
#include "wasm/host/host_services.h"

namespace wasmgate::server {

/// By Error.detail (proxy::AsyncClient::Handler lists the texts); anything else is Reset.
wasm::CallFailure failure_of(const Error& error);

}  // namespace wasmgate::server
