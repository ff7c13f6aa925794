// HTTP, gRPC and Redis calls: what the guest passes is read and copied here; the rest is
// host/callouts.

#include <algorithm>

#include "http/rules/characters.h"
#include "wasm/abi/pairs.h"
#include "wasm/abi/proto.h"
#include "wasm/hostcalls/hostcalls.h"

namespace wasmgate::wasm::hostcalls {
namespace {

/// A map from the guest as a header map; false when it is malformed, over the limits, or HTTP
/// forbids one of its fields.
bool read_map(std::string_view bytes, bool pseudo, http::HeaderMap& out) {
  const auto pairs = parse_pairs(bytes);
  if (!pairs) {
    return false;
  }
  for (const auto& [name, value] : *pairs) {
    const bool name_ok = name.starts_with(':') ? pseudo && http::valid_field_name(name.substr(1))
                                               : http::valid_field_name(name);
    if (!name_ok || !http::clean_field_value(value)) {
      return false;
    }
    out.add(name, http::trim_whitespace(value));
  }
  return true;
}

/// A gRPC upstream: a cluster's name, or a serialised GrpcService message of Envoy.
struct GrpcUpstream {
  std::string_view cluster;
  uint32_t timeout_ms = 0;  // 0: none of its own
  bool clean = true;        // false: initial metadata that HTTP forbids
};

/// A google.protobuf.Duration in milliseconds, rounded up; 0 when it is none, not positive, or
/// above what a call may last.
uint32_t milliseconds_of(std::string_view duration) {
  uint64_t seconds = 0;
  uint64_t nanoseconds = 0;
  for (const auto& field : read_proto(duration).value_or(std::vector<ProtoField>())) {
    (field.number == 1 ? seconds : nanoseconds) = field.value;
  }
  if (seconds > INT32_MAX / 1000 - 1 || nanoseconds >= 1'000'000'000) {
    return 0;
  }
  return static_cast<uint32_t>(seconds * 1000 + (nanoseconds + 999'999) / 1'000'000);
}

/// envoy_grpc 1 { cluster_name 1 }, timeout 3, initial_metadata 5 { key 1, value 2, raw_value 3 };
/// the latter goes into `metadata`.
GrpcUpstream read_grpc_upstream(std::string_view upstream, http::HeaderMap& metadata) {
  const auto envoy = find_bytes_field(upstream, 1);
  const auto cluster = envoy ? find_bytes_field(*envoy, 1) : std::nullopt;
  if (!cluster) {
    return {.cluster = upstream};
  }
  GrpcUpstream out{.cluster = *cluster};
  for (const auto& field : read_proto(upstream).value_or(std::vector<ProtoField>())) {
    if (field.number == 3 && field.is_bytes) {
      out.timeout_ms = milliseconds_of(field.bytes);
    } else if (field.number == 5 && field.is_bytes) {
      const auto name = find_bytes_field(field.bytes, 1).value_or("");
      const auto raw = find_bytes_field(field.bytes, 3).value_or("");
      const auto value = raw.empty() ? find_bytes_field(field.bytes, 2).value_or("") : raw;
      if (!http::valid_field_name(name) || !http::clean_field_value(value)) {
        out.clean = false;
      } else {
        metadata.add(name, http::trim_whitespace(value));
      }
    }
  }
  return out;
}

/// The smaller of two time-outs; 0 is none.
uint32_t shorter(uint32_t a, uint32_t b) { return a == 0 ? b : b == 0 ? a : std::min(a, b); }

constexpr std::string_view kBadMap =
    "a call with a header map that is malformed, over the limits or forbidden by HTTP";

}  // namespace

Status proxy_http_call(HostCall& call, uint32_t upstream, uint32_t upstream_size, uint32_t headers,
                       uint32_t headers_size, uint32_t body, uint32_t body_size, uint32_t trailers,
                       uint32_t trailers_size, uint32_t timeout_ms, uint32_t out) {
  const auto cluster = call.read(upstream, upstream_size);
  const auto header_bytes = call.read(headers, headers_size);
  const auto body_bytes = call.read(body, body_size);
  const auto trailer_bytes = call.read(trailers, trailers_size);
  if (!cluster || !header_bytes || !body_bytes || !trailer_bytes || !call.memory().holds(out, 4)) {
    return Status::InvalidMemoryAccess;
  }
  http::HeaderMap header_map;
  http::HeaderMap trailer_map;
  if (!read_map(*header_bytes, true, header_map) || !read_map(*trailer_bytes, false, trailer_map)) {
    return call.bad_argument(kBadMap);
  }
  uint32_t id = 0;
  const auto status = call.vm().root().callouts.http_call(
      *cluster, std::move(header_map), *body_bytes, std::move(trailer_map), timeout_ms, id);
  if (status == Status::Ok) {
    call.memory().write_u32(out, id);
  }
  return status;
}

Status proxy_grpc_call(HostCall& call, uint32_t upstream, uint32_t upstream_size, uint32_t service,
                       uint32_t service_size, uint32_t method, uint32_t method_size,
                       uint32_t metadata, uint32_t metadata_size, uint32_t message,
                       uint32_t message_size, uint32_t timeout_ms, uint32_t out) {
  const auto target = call.read(upstream, upstream_size);
  const auto service_name = call.read(service, service_size);
  const auto method_name = call.read(method, method_size);
  const auto map = call.read(metadata, metadata_size);
  const auto bytes = call.read(message, message_size);
  if (!target || !service_name || !method_name || !map || !bytes || !call.memory().holds(out, 4)) {
    return Status::InvalidMemoryAccess;
  }
  http::HeaderMap metadata_map;
  const auto to = read_grpc_upstream(*target, metadata_map);
  if (!to.clean || !read_map(*map, false, metadata_map)) {
    call.warn(kBadMap);
    return Status::InternalFailure;
  }
  uint32_t id = 0;
  const auto status = call.vm().root().callouts.grpc_call(to.cluster, *service_name, *method_name,
                                                          std::move(metadata_map), *bytes,
                                                          shorter(timeout_ms, to.timeout_ms), id);
  if (status == Status::Ok) {
    call.memory().write_u32(out, id);
  }
  return status;
}

Status proxy_grpc_stream(HostCall& call, uint32_t upstream, uint32_t upstream_size,
                         uint32_t service, uint32_t service_size, uint32_t method,
                         uint32_t method_size, uint32_t metadata, uint32_t metadata_size,
                         uint32_t out) {
  const auto target = call.read(upstream, upstream_size);
  const auto service_name = call.read(service, service_size);
  const auto method_name = call.read(method, method_size);
  const auto map = call.read(metadata, metadata_size);
  if (!target || !service_name || !method_name || !map || !call.memory().holds(out, 4)) {
    return Status::InvalidMemoryAccess;
  }
  http::HeaderMap metadata_map;
  const auto to = read_grpc_upstream(*target, metadata_map);
  if (!to.clean || !read_map(*map, false, metadata_map)) {
    call.warn(kBadMap);
    return Status::InternalFailure;
  }
  uint32_t id = 0;
  const auto status = call.vm().root().callouts.grpc_stream(
      to.cluster, *service_name, *method_name, std::move(metadata_map), to.timeout_ms, id);
  if (status == Status::Ok) {
    call.memory().write_u32(out, id);
  }
  return status;
}

Status proxy_grpc_send(HostCall& call, uint32_t id, uint32_t message, uint32_t size,
                       uint32_t end_stream) {
  const auto bytes = call.read(message, size);
  if (!bytes) {
    return Status::InvalidMemoryAccess;
  }
  return call.vm().root().callouts.grpc_send(id, *bytes, end_stream != 0);
}

Status proxy_grpc_cancel(HostCall& call, uint32_t id) {
  return call.vm().root().callouts.grpc_cancel(id);
}

Status proxy_grpc_close(HostCall& call, uint32_t id) {
  return call.vm().root().callouts.grpc_close(id);
}

Status proxy_redis_init(HostCall& call, uint32_t service, uint32_t service_size, uint32_t user,
                        uint32_t user_size, uint32_t password, uint32_t password_size,
                        uint32_t timeout_ms) {
  const auto name = call.read(service, service_size);
  const auto user_name = call.read(user, user_size);
  const auto secret = call.read(password, password_size);
  if (!name || !user_name || !secret) {
    return Status::InvalidMemoryAccess;
  }
  return call.vm().root().callouts.redis_init(*name, *user_name, *secret, timeout_ms);
}

Status proxy_redis_call(HostCall& call, uint32_t service, uint32_t service_size, uint32_t query,
                        uint32_t query_size, uint32_t out) {
  const auto name = call.read(service, service_size);
  const auto bytes = call.read(query, query_size);
  if (!name || !bytes || !call.memory().holds(out, 4)) {
    return Status::InvalidMemoryAccess;
  }
  uint32_t id = 0;
  const auto status = call.vm().root().callouts.redis_call(*name, *bytes, id);
  if (status == Status::Ok) {
    call.memory().write_u32(out, id);
  }
  return status;
}

}  // namespace wasmgate::wasm::hostcalls
