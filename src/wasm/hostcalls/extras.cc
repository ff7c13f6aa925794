// What single hosts have beyond the specification: Higress (ABI 1.4), the reference host (1.3),
// Emscripten (1.6).

#include <algorithm>

#include "fmt/format.h"
#include "wasm/abi/pairs.h"
#include "wasm/hostcalls/hostcalls.h"

namespace wasmgate::wasm::hostcalls {

Status proxy_inject_encoded_data_to_filter_chain(HostCall& call, uint32_t data, uint32_t size,
                                                 uint32_t end_stream) {
  const auto bytes = call.read(data, size);
  if (!bytes) {
    return Status::InvalidMemoryAccess;
  }
  StreamContext* stream = call.stream();
  if (stream == nullptr || stream->logging) {
    return Status::Ok;
  }
  auto& injection = stream->inject();
  injection.bytes.append(*bytes);
  injection.end_stream = injection.end_stream || end_stream != 0;
  if (injection.bytes.size() > call.limits().foreign_result_bytes) {
    injection.bytes.resize(call.limits().foreign_result_bytes);
    call.warn("more injected bytes in one callback than the limit are dropped");
  }
  call.vm().ask(*stream, StreamContext::kInject);
  return Status::Ok;
}

Status proxy_get_upstream_hosts(HostCall& call, uint32_t out, uint32_t size_out) {
  StreamContext* stream = call.stream();
  auto* services = call.vm().services();
  std::vector<std::pair<std::string, std::string>> hosts;
  if (stream != nullptr && services != nullptr) {
    stream->callbacks->refresh_route();
    for (const auto& [address, metrics] :
         services->endpoints(stream->callbacks->info().cluster_name)) {
      hosts.emplace_back(address, serialise_pairs(metrics));
    }
  }
  return call.give(serialise_pairs(hosts), out, size_out);
}

Status proxy_set_upstream_override_host(HostCall& call, uint32_t address, uint32_t size) {
  const auto host = call.read(address, size);
  if (!host) {
    return Status::InvalidMemoryAccess;
  }
  StreamContext* stream = call.stream();
  auto* services = call.vm().services();
  if (stream == nullptr || stream->logging || services == nullptr) {
    return Status::Ok;
  }
  stream->callbacks->refresh_route();
  auto& info = stream->callbacks->info();
  const auto hosts = services->endpoints(info.cluster_name);
  const bool known = std::any_of(hosts.begin(), hosts.end(),
                                 [&](const auto& entry) { return entry.first == *host; });
  if (known) {
    info.upstream_override_host = *host;
  } else {
    call.warn(
        fmt::format("{} is no endpoint of the route's cluster and is ignored as upstream", *host));
  }
  return Status::Ok;
}

Status envoy_resolve_dns(HostCall& call, uint32_t name, uint32_t size, uint32_t token_out) {
  if (!call.read(name, size) || !call.memory().holds(token_out, 4)) {
    return Status::InvalidMemoryAccess;
  }
  call.warn("name resolution for plug-ins is not there yet");
  return Status::InternalFailure;
}

uint32_t pthread_equal(HostCall& /*call*/, uint32_t a, uint32_t b) { return a == b ? 1 : 0; }

void emscripten_notify_memory_growth(HostCall& /*call*/, uint32_t /*memory*/) {}

}  // namespace wasmgate::wasm::hostcalls
