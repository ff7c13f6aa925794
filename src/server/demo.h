#pragma once
// The built-in demo: an echo upstream on loopback, and, when no files are given, a configuration
// with one small plug-in that comes as text inside this binary. `wasmgate run` without files is
// this.

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "config/load.h"
#include "net/event_loop.h"
#include "server/small_server.h"

namespace wasmgate::server {

/// Starts the echo upstream on a free port of 127.0.0.1. It answers with what it got, as JSON:
/// method, path, headers, body size. Errors: those of net::listen_tcp.
Result<std::unique_ptr<SmallServer>> start_echo(net::EventLoop& loop, Logger& logger);

/// Service and EndpointSlice `echo` in namespace `demo` for the echo upstream.
config::SourceText echo_service(const net::Address& echo);

/// The rest of the built-in configuration: a route for everything, and the demo plug-in, whose
/// module is written into `folder`. Errors: Refused when the folder cannot be written.
Result<config::SourceText> builtin_configuration(const std::string& folder);

}  // namespace wasmgate::server
