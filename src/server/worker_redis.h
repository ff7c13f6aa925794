#pragma once
// The Redis queries of a worker's plug-ins: the proxy's RedisClient as the plug-in host wants it.

#include <memory>

#include "proxy/upstream/redis_client.h"
#include "wasm/host/host_services.h"

namespace wasmgate::server {

/// Starts one; see HostServices::redis_call. `redis` and `events` outlive the handle.
wasm::CallStart start_redis(proxy::RedisClient& redis, const wasm::RedisTarget& target,
                            std::string_view query, wasm::RedisEvents& events,
                            std::unique_ptr<wasm::Handle>& out);

}  // namespace wasmgate::server
