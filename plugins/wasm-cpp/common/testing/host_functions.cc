// The host functions of proxy_wasm_externs.h for native tests, on the current HostSimulator.
//
// Returned bytes are in blocks from malloc, as a host allocates them in a guest. Statuses follow
// the proxy-wasm ABI 0.2.1.

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "api/wasm_data.h"
#include "proxy_wasm_externs.h"
#include "testing/host_access.h"

using wasmgate::testing::CallOut;
using wasmgate::testing::HostAccess;
using wasmgate::testing::LocalReply;

namespace {

void give(std::string_view bytes, const char** data, size_t* size) {
  *size = bytes.size();
  *data = nullptr;
  if (!bytes.empty()) {
    auto* block = static_cast<char*>(std::malloc(bytes.size()));
    std::memcpy(block, bytes.data(), bytes.size());
    *data = block;
  }
}

HeaderStringPairs read_pairs(const char* data, size_t size) {
  if (size == 0) {
    return {};
  }
  auto* block = static_cast<char*>(std::malloc(size));
  std::memcpy(block, data, size);
  const WasmData owned(block, size);
  HeaderStringPairs pairs;
  for (const auto& [name, value] : owned.pairs()) {
    pairs.emplace_back(name, value);
  }
  return pairs;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

void erase_name(HeaderStringPairs& map, std::string_view name) {
  map.erase(
      std::remove_if(map.begin(), map.end(),
                     [&](const auto& pair) { return HostAccess::same_name(pair.first, name); }),
      map.end());
}

auto& host() { return *HostAccess::current; }

}  // namespace

extern "C" {

WasmResult proxy_log(LogLevel level, const char* message, size_t size) {
  host().log.emplace_back(level, std::string(message, size));
  return WasmResult::Ok;
}
WasmResult proxy_get_log_level(LogLevel* level) {
  *level = host().log_level;
  return WasmResult::Ok;
}
WasmResult proxy_get_current_time_nanoseconds(uint64_t* nanoseconds) {
  *nanoseconds = host().now_nanoseconds;
  return WasmResult::Ok;
}
WasmResult proxy_set_tick_period_milliseconds(uint32_t milliseconds) {
  host().tick_milliseconds = milliseconds;
  return WasmResult::Ok;
}
WasmResult proxy_get_status(uint32_t* code, const char** message, size_t* size) {
  *code = 0;
  give("", message, size);
  return WasmResult::Ok;
}

WasmResult proxy_continue_stream(WasmStreamType stream) {
  return HostAccess::continue_stream(stream);
}
WasmResult proxy_close_stream(WasmStreamType) {
  HostAccess::close_stream();
  return WasmResult::Ok;
}
WasmResult proxy_send_local_response(uint32_t code, const char* details, size_t details_size,
                                     const char* body, size_t body_size, const char* headers,
                                     size_t headers_size, GrpcStatus grpc_status) {
  return HostAccess::local_reply({code, std::string(details, details_size),
                                  std::string(body, body_size), read_pairs(headers, headers_size),
                                  static_cast<int32_t>(grpc_status)});
}
WasmResult proxy_clear_route_cache() { return WasmResult::Ok; }
WasmResult proxy_set_effective_context(uint32_t id) {
  if (!HostAccess::known_context(id)) {
    return WasmResult::BadArgument;
  }
  HostAccess::use_context(id);
  return WasmResult::Ok;
}
WasmResult proxy_done() { return WasmResult::Ok; }

WasmResult proxy_get_header_map_value(WasmHeaderMapType type, const char* key, size_t key_size,
                                      const char** value, size_t* value_size) {
  const HeaderStringPairs* map = HostAccess::map(type);
  if (map == nullptr) {
    return WasmResult::BadArgument;
  }
  const auto found = HostAccess::find(*map, {key, key_size});
  if (!found) {
    return WasmResult::NotFound;
  }
  give(*found, value, value_size);
  return WasmResult::Ok;
}
WasmResult proxy_add_header_map_value(WasmHeaderMapType type, const char* key, size_t key_size,
                                      const char* value, size_t value_size) {
  HeaderStringPairs* map = HostAccess::map(type);
  if (map == nullptr) {
    return WasmResult::BadArgument;
  }
  map->emplace_back(lower({key, key_size}), std::string(value, value_size));
  return WasmResult::Ok;
}
WasmResult proxy_replace_header_map_value(WasmHeaderMapType type, const char* key, size_t key_size,
                                          const char* value, size_t value_size) {
  HeaderStringPairs* map = HostAccess::map(type);
  if (map == nullptr) {
    return WasmResult::BadArgument;
  }
  erase_name(*map, {key, key_size});
  return proxy_add_header_map_value(type, key, key_size, value, value_size);
}
WasmResult proxy_remove_header_map_value(WasmHeaderMapType type, const char* key, size_t key_size) {
  HeaderStringPairs* map = HostAccess::map(type);
  if (map == nullptr) {
    return WasmResult::BadArgument;
  }
  erase_name(*map, {key, key_size});
  return WasmResult::Ok;
}
WasmResult proxy_get_header_map_pairs(WasmHeaderMapType type, const char** pairs, size_t* size) {
  const HeaderStringPairs* map = HostAccess::map(type);
  if (map == nullptr) {
    return WasmResult::BadArgument;
  }
  give(serializePairs(*map), pairs, size);
  return WasmResult::Ok;
}
WasmResult proxy_set_header_map_pairs(WasmHeaderMapType type, const char* pairs, size_t size) {
  HeaderStringPairs* map = HostAccess::map(type);
  if (map == nullptr) {
    return WasmResult::BadArgument;
  }
  *map = read_pairs(pairs, size);
  return WasmResult::Ok;
}
WasmResult proxy_get_header_map_size(WasmHeaderMapType type, size_t* size) {
  const HeaderStringPairs* map = HostAccess::map(type);
  if (map == nullptr) {
    return WasmResult::BadArgument;
  }
  *size = 0;
  for (const auto& [name, value] : *map) {
    *size += name.size() + value.size();
  }
  return WasmResult::Ok;
}

WasmResult proxy_get_buffer_bytes(WasmBufferType type, size_t start, size_t length,
                                  const char** data, size_t* size) {
  const std::string* buffer = HostAccess::buffer(type);
  if (buffer == nullptr) {
    return WasmResult::NotFound;
  }
  if (start + length < start) {
    return WasmResult::BadArgument;
  }
  give(start < buffer->size() ? std::string_view(*buffer).substr(start, length) : "", data, size);
  return WasmResult::Ok;
}
WasmResult proxy_set_buffer_bytes(WasmBufferType type, size_t start, size_t length,
                                  const char* data, size_t size) {
  std::string* buffer = HostAccess::buffer(type);
  if (buffer == nullptr) {
    return WasmResult::NotFound;
  }
  buffer->replace(std::min(start, buffer->size()), length, std::string_view(data, size));
  return WasmResult::Ok;
}
WasmResult proxy_get_buffer_status(WasmBufferType type, size_t* length, uint32_t* flags) {
  const std::string* buffer = HostAccess::buffer(type);
  if (buffer == nullptr) {
    return WasmResult::NotFound;
  }
  *length = buffer->size();
  *flags = 0;
  return WasmResult::Ok;
}

WasmResult proxy_get_property(const char* path, size_t path_size, const char** value,
                              size_t* value_size) {
  const auto found = HostAccess::property({path, path_size});
  if (!found) {
    return WasmResult::NotFound;
  }
  give(*found, value, value_size);
  return WasmResult::Ok;
}
WasmResult proxy_set_property(const char* path, size_t path_size, const char* value,
                              size_t value_size) {
  if (HostAccess::stream() == nullptr) {
    return WasmResult::NotFound;
  }
  HostAccess::set_property({path, path_size}, {value, value_size});
  return WasmResult::Ok;
}

WasmResult proxy_get_shared_data(const char* key, size_t key_size, const char** value,
                                 size_t* value_size, uint32_t* cas) {
  const auto found = host().shared_data.find(std::string(key, key_size));
  if (found == host().shared_data.end()) {
    return WasmResult::NotFound;
  }
  give(found->second.first, value, value_size);
  *cas = found->second.second;
  return WasmResult::Ok;
}
WasmResult proxy_set_shared_data(const char* key, size_t key_size, const char* value,
                                 size_t value_size, uint32_t cas) {
  if (host().fail_shared_data_writes) {
    return *host().fail_shared_data_writes;
  }
  const auto found = host().shared_data.find(std::string(key, key_size));
  if (cas != 0 && found != host().shared_data.end() && found->second.second != cas) {
    return WasmResult::CasMismatch;
  }
  host().shared_data[std::string(key, key_size)] = {std::string(value, value_size),
                                                    HostAccess::next_version()};
  return WasmResult::Ok;
}
WasmResult proxy_register_shared_queue(const char* name, size_t name_size, uint32_t* token) {
  *token = HostAccess::queue({name, name_size});
  return WasmResult::Ok;
}
WasmResult proxy_resolve_shared_queue(const char*, size_t, const char* name, size_t name_size,
                                      uint32_t* token) {
  const auto found = host().queue_tokens.find(std::string(name, name_size));
  if (found == host().queue_tokens.end()) {
    return WasmResult::NotFound;
  }
  *token = found->second;
  return WasmResult::Ok;
}
WasmResult proxy_dequeue_shared_queue(uint32_t token, const char** data, size_t* size) {
  const auto found = host().queues.find(token);
  if (found == host().queues.end()) {
    return WasmResult::NotFound;
  }
  if (found->second.empty()) {
    return WasmResult::Empty;
  }
  give(found->second.front(), data, size);
  found->second.pop_front();
  return WasmResult::Ok;
}
WasmResult proxy_enqueue_shared_queue(uint32_t token, const char* data, size_t size) {
  const auto found = host().queues.find(token);
  if (found == host().queues.end()) {
    return WasmResult::NotFound;
  }
  found->second.emplace_back(data, size);
  return WasmResult::Ok;
}

WasmResult proxy_http_call(const char* upstream, size_t upstream_size, const char* headers,
                           size_t headers_size, const char* body, size_t body_size,
                           const char* trailers, size_t trailers_size, uint32_t timeout,
                           uint32_t* token) {
  if (host().fail_calls) {
    return *host().fail_calls;
  }
  *token = HostAccess::add_call({0, std::string(upstream, upstream_size),
                                 read_pairs(headers, headers_size), std::string(body, body_size),
                                 read_pairs(trailers, trailers_size), timeout, "", ""});
  return WasmResult::Ok;
}
WasmResult proxy_grpc_call(const char* upstream, size_t upstream_size, const char* service,
                           size_t service_size, const char* method, size_t method_size,
                           const char* metadata, size_t metadata_size, const char* message,
                           size_t message_size, uint32_t timeout, uint32_t* token) {
  if (host().fail_calls) {
    return *host().fail_calls;
  }
  *token = HostAccess::add_call({0,
                                 std::string(upstream, upstream_size),
                                 read_pairs(metadata, metadata_size),
                                 std::string(message, message_size),
                                 {},
                                 timeout,
                                 std::string(service, service_size),
                                 std::string(method, method_size)});
  return WasmResult::Ok;
}
WasmResult proxy_grpc_stream(const char* upstream, size_t upstream_size, const char* service,
                             size_t service_size, const char* method, size_t method_size,
                             const char* metadata, size_t metadata_size, uint32_t* token) {
  return proxy_grpc_call(upstream, upstream_size, service, service_size, method, method_size,
                         metadata, metadata_size, "", 0, 0, token);
}
WasmResult proxy_grpc_send(uint32_t token, const char* message, size_t size, uint32_t) {
  host().grpc_sent.emplace_back(token, std::string(message, size));
  return WasmResult::Ok;
}
WasmResult proxy_grpc_cancel(uint32_t token) {
  host().grpc_ended.push_back(token);
  return WasmResult::Ok;
}
WasmResult proxy_grpc_close(uint32_t token) {
  host().grpc_ended.push_back(token);
  return WasmResult::Ok;
}
WasmResult proxy_call_foreign_function(const char* name, size_t name_size, const char*, size_t,
                                       char** results, size_t* results_size) {
  const auto found = host().foreign_results.find(std::string(name, name_size));
  if (found == host().foreign_results.end()) {
    return WasmResult::NotFound;
  }
  const char* data = nullptr;
  give(found->second, &data, results_size);
  *results = const_cast<char*>(data);
  return WasmResult::Ok;
}

WasmResult proxy_define_metric(MetricType, const char* name, size_t name_size, uint32_t* id) {
  auto& names = HostAccess::metric_names();
  names.emplace_back(name, name_size);
  *id = static_cast<uint32_t>(names.size());
  host().metrics[names.back()];
  return WasmResult::Ok;
}
WasmResult proxy_increment_metric(uint32_t id, int64_t offset) {
  auto& names = HostAccess::metric_names();
  if (id == 0 || id > names.size()) {
    return WasmResult::NotFound;
  }
  host().metrics[names[id - 1]] += static_cast<uint64_t>(offset);
  return WasmResult::Ok;
}
WasmResult proxy_record_metric(uint32_t id, uint64_t value) {
  auto& names = HostAccess::metric_names();
  if (id == 0 || id > names.size()) {
    return WasmResult::NotFound;
  }
  host().metrics[names[id - 1]] = value;
  return WasmResult::Ok;
}
WasmResult proxy_get_metric(uint32_t id, uint64_t* value) {
  auto& names = HostAccess::metric_names();
  if (id == 0 || id > names.size()) {
    return WasmResult::NotFound;
  }
  *value = host().metrics[names[id - 1]];
  return WasmResult::Ok;
}

WasmResult proxy_redis_init(const char*, size_t, const char*, size_t, const char*, size_t,
                            uint32_t) {
  return WasmResult::Ok;
}
WasmResult proxy_redis_call(const char* service, size_t service_size, const char* query,
                            size_t query_size, uint32_t* token) {
  if (host().fail_calls) {
    return *host().fail_calls;
  }
  *token = HostAccess::add_call({0,
                                 std::string(service, service_size),
                                 {},
                                 std::string(query, query_size),
                                 {},
                                 0,
                                 "redis",
                                 ""});
  return WasmResult::Ok;
}

}  // extern "C"
