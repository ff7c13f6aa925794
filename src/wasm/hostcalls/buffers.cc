// The buffers (ABI 1.2.1, D21, D22).

#include "wasm/hostcalls/hostcalls.h"

namespace wasmgate::wasm::hostcalls {
namespace {

using filter::Direction;

bool known_buffer(uint32_t buffer) { return buffer < kBufferIds; }

/// A body of the stream; null when it cannot be seen now.
Buffer* find_body(HostCall& call, BufferId buffer) {
  StreamContext* stream = call.stream();
  if (stream == nullptr || buffer > BufferId::ResponseBody) {
    return nullptr;
  }
  return stream->callbacks->body(buffer == BufferId::RequestBody ? Direction::Request
                                                                 : Direction::Response);
}

std::optional<std::string_view> view_of(const std::string_view* shown) {
  return shown == nullptr ? std::nullopt : std::optional<std::string_view>(*shown);
}

std::optional<std::string_view> find_bytes(HostCall& call, BufferId buffer) {
  const auto& spec = call.vm().spec();
  const auto& shown = call.vm().root().shown;
  switch (buffer) {
    case BufferId::RequestBody:
    case BufferId::ResponseBody: {
      const Buffer* body = find_body(call, buffer);
      return body == nullptr ? std::nullopt : std::optional<std::string_view>(body->view());
    }
    case BufferId::HttpCallBody:
      return view_of(shown.http_body);
    case BufferId::GrpcMessage:
      return view_of(shown.grpc_message);
    case BufferId::VmConfiguration:
      return spec.vm_configuration;
    case BufferId::PluginConfiguration:
      return spec.configuration ? std::string_view(*spec.configuration) : std::string_view();
    case BufferId::ForeignArguments:
      return view_of(shown.foreign_arguments);
    case BufferId::RedisReply:
      return view_of(shown.redis_reply);
    case BufferId::DownstreamData:
    case BufferId::UpstreamData:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Status proxy_get_buffer_bytes(HostCall& call, uint32_t buffer, uint32_t start, uint32_t max,
                              uint32_t out, uint32_t size_out) {
  if (!known_buffer(buffer)) {
    return Status::BadArgument;
  }
  const auto bytes = find_bytes(call, static_cast<BufferId>(buffer));
  if (!bytes) {
    return Status::NotFound;
  }
  if (uint64_t{start} + uint64_t{max} > UINT32_MAX) {
    return Status::BadArgument;
  }
  return call.give(start >= bytes->size() ? std::string_view() : bytes->substr(start, max), out,
                   size_out);
}

Status proxy_set_buffer_bytes(HostCall& call, uint32_t buffer, uint32_t start, uint32_t size,
                              uint32_t data, uint32_t data_size) {
  if (!known_buffer(buffer)) {
    return Status::BadArgument;
  }
  const auto bytes = call.read(data, data_size);
  if (!bytes) {
    return Status::InvalidMemoryAccess;
  }
  const auto id = static_cast<BufferId>(buffer);
  Buffer* body = find_body(call, id);
  if (body == nullptr) {
    return find_bytes(call, id) ? call.bad_argument("this buffer is read-only") : Status::NotFound;
  }
  auto& callbacks = *call.stream()->callbacks;
  const auto direction = id == BufferId::RequestBody ? Direction::Request : Direction::Response;
  if (call.stream()->logging || !callbacks.body_writable(direction)) {
    return call.bad_argument("this body cannot be changed now");
  }
  body->replace(start, size, *bytes);
  callbacks.body_changed(direction);
  return Status::Ok;
}

Status proxy_get_buffer_status(HostCall& call, uint32_t buffer, uint32_t length_out,
                               uint32_t flags_out) {
  if (!known_buffer(buffer)) {
    return Status::BadArgument;
  }
  const auto bytes = find_bytes(call, static_cast<BufferId>(buffer));
  if (!bytes) {
    return Status::NotFound;
  }
  const bool written = call.memory().holds(flags_out, 4) &&
                       call.memory().write_u32(length_out, static_cast<uint32_t>(bytes->size())) &&
                       call.memory().write_u32(flags_out, 0);
  return written ? Status::Ok : Status::InvalidMemoryAccess;
}

}  // namespace wasmgate::wasm::hostcalls
