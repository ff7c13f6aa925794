// The header and trailer maps (ABI 1.2.2, D15 to D20).

#include "http/rules/characters.h"
#include "wasm/abi/pairs.h"
#include "wasm/hostcalls/hostcalls.h"

namespace wasmgate::wasm::hostcalls {
namespace {

using filter::Direction;
using http::HeaderMap;

bool known_map(uint32_t map) { return map < kMapIds; }

/// The map to read; null when it does not exist now.
HeaderMap* find_map(HostCall& call, MapId map) {
  const auto& shown = call.vm().root().shown;
  switch (map) {
    case MapId::GrpcInitialMetadata:
      return shown.grpc_initial;
    case MapId::GrpcTrailingMetadata:
      return shown.grpc_trailing;
    case MapId::HttpCallHeaders:
      return shown.http_headers;
    case MapId::HttpCallTrailers:
      return shown.http_trailers;
    default:
      break;
  }
  StreamContext* stream = call.stream();
  if (stream == nullptr) {
    return nullptr;
  }
  switch (map) {
    case MapId::RequestHeaders:
      return stream->callbacks->headers(Direction::Request);
    case MapId::ResponseHeaders:
      return stream->callbacks->headers(Direction::Response);
    case MapId::RequestTrailers:
      return stream->callbacks->trailers(Direction::Request);
    case MapId::ResponseTrailers:
      return stream->callbacks->trailers(Direction::Response);
    default:
      return nullptr;
  }
}

/// The map to write; null when it cannot be written now. Trailers that do not exist yet may be
/// made.
HeaderMap* find_writable(HostCall& call, MapId map) {
  StreamContext* stream = call.stream();
  if (stream == nullptr || stream->logging || map > MapId::ResponseTrailers) {
    return nullptr;
  }
  auto& callbacks = *stream->callbacks;
  const auto direction = map == MapId::RequestHeaders || map == MapId::RequestTrailers
                             ? Direction::Request
                             : Direction::Response;
  if (map == MapId::RequestHeaders || map == MapId::ResponseHeaders) {
    return callbacks.headers_writable(direction) ? callbacks.headers(direction) : nullptr;
  }
  if (callbacks.trailers(direction) == nullptr) {
    return callbacks.add_trailers(direction);
  }
  return callbacks.trailers_writable(direction) ? callbacks.trailers(direction) : nullptr;
}

bool is_pseudo(std::string_view name) { return name.starts_with(':'); }

/// Pseudo-headers that fit the message.
bool fits_message(MapId map, std::string_view name) {
  if (map == MapId::RequestHeaders) {
    return name == http::kMethod || name == http::kPath || name == http::kAuthority ||
           name == http::kScheme;
  }
  return map == MapId::ResponseHeaders && name == http::kStatus;
}

/// Why a field may not be written; empty: it may.
std::string_view refusal_of(MapId map, std::string_view name, std::string_view value) {
  if (is_pseudo(name) ? !fits_message(map, name) : !http::valid_field_name(name)) {
    return "a header name that HTTP or this message forbids";
  }
  if (!http::clean_field_value(value)) {
    return "a header value with bytes that HTTP forbids";
  }
  if (http::equal_ignore_case(name, http::kTransferEncoding)) {
    return "transfer-encoding belongs to the gateway";
  }
  return {};
}

/// Whether a map of `fields` fields and `bytes` bytes may be, `written` of them by this call.
bool fits_budget(HostCall& call, size_t fields, size_t bytes, size_t written) {
  auto& stream = *call.stream();
  const auto& limits = call.limits();
  stream.written_bytes += written;
  return fields <= limits.header_count && bytes <= limits.header_bytes &&
         stream.written_bytes <= limits.header_write_bytes;
}

/// A request's route follows its head (D20).
void note_write(HostCall& call, MapId map) {
  auto& stream = *call.stream();
  if (map == MapId::RequestHeaders && !stream.keep_route) {
    stream.callbacks->clear_route_cache();
  }
}

constexpr std::string_view kNotWritable =
    "a header map that does not exist or has left already cannot be written";
constexpr std::string_view kTooMuch = "the header limits of the plug-in are reached";

struct Field {
  std::string_view name;
  std::string_view value;
};

/// The common part of add and replace. Ok: `target` and `field` are set.
Status prepare_write(HostCall& call, uint32_t map, uint32_t key, uint32_t key_size, uint32_t value,
                     uint32_t value_size, HeaderMap*& target, Field& field) {
  if (!known_map(map)) {
    return Status::BadArgument;
  }
  const auto name = call.read(key, key_size);
  const auto text = call.read(value, value_size);
  if (!name || !text) {
    return Status::InvalidMemoryAccess;
  }
  if (const auto why = refusal_of(static_cast<MapId>(map), *name, *text); !why.empty()) {
    return call.bad_argument(why);
  }
  target = find_writable(call, static_cast<MapId>(map));
  if (target == nullptr) {
    return call.bad_argument(kNotWritable);
  }
  field = {*name, http::trim_whitespace(*text)};
  return Status::Ok;
}

std::vector<Pair> pairs_of(const HeaderMap& map) {
  std::vector<Pair> out;
  out.reserve(map.size());
  for (const auto& field : map.fields()) {
    out.emplace_back(field.name, field.value);
  }
  return out;
}

}  // namespace

Status proxy_get_header_map_size(HostCall& call, uint32_t map, uint32_t out) {
  if (!known_map(map)) {
    return Status::BadArgument;
  }
  const HeaderMap* source = find_map(call, static_cast<MapId>(map));
  const uint32_t size = source == nullptr ? 0 : static_cast<uint32_t>(source->byte_size());
  return call.memory().write_u32(out, size) ? Status::Ok : Status::InvalidMemoryAccess;
}

Status proxy_get_header_map_pairs(HostCall& call, uint32_t map, uint32_t out, uint32_t size_out) {
  if (!known_map(map)) {
    return Status::BadArgument;
  }
  const HeaderMap* source = find_map(call, static_cast<MapId>(map));
  if (!call.memory().holds(out, 4) || !call.memory().holds(size_out, 4)) {
    return Status::InvalidMemoryAccess;
  }
  if (source == nullptr || source->empty()) {
    return call.write_pair(0, 0, out, size_out);
  }
  // Written in place: no copy in between. The map cannot change while the allocator runs.
  const auto pairs = pairs_of(*source);
  const size_t size = pairs_size(pairs);
  uint32_t address = 0;
  uint8_t* to = call.reserve(size, address);
  if (to == nullptr) {
    return Status::InvalidMemoryAccess;
  }
  write_pairs(pairs, to);
  return call.write_pair(address, size, out, size_out);
}

Status proxy_set_header_map_pairs(HostCall& call, uint32_t map, uint32_t data, uint32_t size) {
  if (!known_map(map)) {
    return Status::BadArgument;
  }
  const auto bytes = call.read(data, size);
  if (!bytes) {
    return Status::InvalidMemoryAccess;
  }
  const auto pairs = parse_pairs(*bytes);
  if (!pairs) {
    return call.bad_argument("a serialised header map that is malformed or over the limits");
  }
  for (const auto& [name, value] : *pairs) {
    if (const auto why = refusal_of(static_cast<MapId>(map), name, value); !why.empty()) {
      return call.bad_argument(why);
    }
  }
  HeaderMap* target = find_writable(call, static_cast<MapId>(map));
  if (target == nullptr) {
    return call.bad_argument(kNotWritable);
  }
  if (!fits_budget(call, pairs->size(), size, size)) {
    return call.bad_argument(kTooMuch);
  }
  while (!target->empty()) {
    target->remove(target->fields().front().name);
  }
  for (const auto& [name, value] : *pairs) {
    target->add(name, http::trim_whitespace(value));
  }
  note_write(call, static_cast<MapId>(map));
  return Status::Ok;
}

Status proxy_get_header_map_value(HostCall& call, uint32_t map, uint32_t key, uint32_t key_size,
                                  uint32_t out, uint32_t size_out) {
  if (!known_map(map)) {
    return Status::BadArgument;
  }
  const auto name = call.read(key, key_size);
  if (!name) {
    return Status::InvalidMemoryAccess;
  }
  const HeaderMap* source = find_map(call, static_cast<MapId>(map));
  std::string scratch;
  std::optional<std::string_view> value;
  if (source != nullptr) {
    value = call.limits().first_header_value_only ? source->get(*name)
                                                  : source->get_joined(*name, scratch);
  }
  if (!value) {
    if (call.vm().version() == AbiVersion::V0_1_0 && source != nullptr) {
      return call.give({}, out, size_out);
    }
    return call.memory().holds(out, 4) && call.memory().holds(size_out, 4)
               ? Status::NotFound
               : Status::InvalidMemoryAccess;
  }
  return call.give(*value, out, size_out);
}

Status proxy_add_header_map_value(HostCall& call, uint32_t map, uint32_t key, uint32_t key_size,
                                  uint32_t value, uint32_t value_size) {
  HeaderMap* target = nullptr;
  Field field;
  if (const auto status = prepare_write(call, map, key, key_size, value, value_size, target, field);
      status != Status::Ok) {
    return status;
  }
  const size_t more = field.name.size() + field.value.size();
  if (!fits_budget(call, target->size() + 1, target->byte_size() + more, more)) {
    return call.bad_argument(kTooMuch);
  }
  if (is_pseudo(field.name)) {
    if (target->contains(field.name)) {
      return call.bad_argument("a pseudo-header cannot be there twice");
    }
    target->set(field.name, field.value);
  } else {
    target->add(field.name, field.value);
  }
  note_write(call, static_cast<MapId>(map));
  return Status::Ok;
}

Status proxy_replace_header_map_value(HostCall& call, uint32_t map, uint32_t key, uint32_t key_size,
                                      uint32_t value, uint32_t value_size) {
  HeaderMap* target = nullptr;
  Field field;
  if (const auto status = prepare_write(call, map, key, key_size, value, value_size, target, field);
      status != Status::Ok) {
    return status;
  }
  // A full map can still change what it has.
  const size_t fields = target->size() < call.limits().header_count || !target->contains(field.name)
                            ? target->size() + 1
                            : target->size();
  const size_t more = field.name.size() + field.value.size();
  if (!fits_budget(call, fields, target->byte_size() + more, more)) {
    return call.bad_argument(kTooMuch);
  }
  target->set(field.name, field.value);
  note_write(call, static_cast<MapId>(map));
  return Status::Ok;
}

Status proxy_remove_header_map_value(HostCall& call, uint32_t map, uint32_t key,
                                     uint32_t key_size) {
  if (!known_map(map)) {
    return Status::BadArgument;
  }
  const auto name = call.read(key, key_size);
  if (!name) {
    return Status::InvalidMemoryAccess;
  }
  HeaderMap* target = find_writable(call, static_cast<MapId>(map));
  if (target == nullptr) {
    return call.bad_argument(kNotWritable);
  }
  target->remove(*name);
  note_write(call, static_cast<MapId>(map));
  return Status::Ok;
}

}  // namespace wasmgate::wasm::hostcalls
