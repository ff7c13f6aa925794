#include "wasm/host/property_source.h"

#include <algorithm>
#include <charconv>

#include "fmt/format.h"
#include "http/codec/server_codec.h"
#include "wasm/abi/pairs.h"
#include "wasm/abi/proto.h"
#include "wasm/host/declared_state.h"
#include "wasm/host/vm.h"

namespace wasmgate::wasm {
namespace {

using filter::Direction;
using http::HeaderMap;

struct PropertyReader {
  Vm& vm;
  StreamContext& stream;
  filter::StreamInfo& info;
  PropertyValue& out;

  const HeaderMap* request() const { return stream.callbacks->headers(Direction::Request); }
  const HeaderMap* response() const { return stream.callbacks->headers(Direction::Response); }

  bool text(std::string_view value) const {
    out.set_text(value);
    return !value.empty();
  }
  bool integer(uint64_t value) const {
    out.set_integer(value);
    return true;
  }
  bool header(const HeaderMap* map, std::string_view name) const {
    if (map == nullptr) {
      return false;
    }
    const auto value = map->get_joined(name, out.owned);
    if (value) {
      out.view = *value;
    }
    return value.has_value();
  }
  bool map(const HeaderMap* source) const {
    if (source == nullptr) {
      return false;
    }
    // Several values of a name are one entry, joined.
    std::vector<std::pair<std::string_view, std::string>> pairs;
    std::string scratch;
    for (const auto& field : source->fields()) {
      const bool seen = std::any_of(pairs.begin(), pairs.end(),
                                    [&](const auto& pair) { return pair.first == field.name; });
      if (!seen) {
        pairs.emplace_back(field.name,
                           std::string(source->get_joined(field.name, scratch).value_or("")));
      }
    }
    out.set_owned(serialise_pairs(pairs));
    return true;
  }
  bool duration(MonotonicTime from, MonotonicTime to) const {
    if (from == MonotonicTime{} || to == MonotonicTime{} || to < from) {
      return false;
    }
    return integer(static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count()));
  }
  /// `request.path` in its parts.
  std::string_view path() const {
    return request() == nullptr ? std::string_view() : request()->get(http::kPath).value_or("");
  }
};

std::string_view before(std::string_view text, std::string_view stops) {
  return text.substr(0, text.find_first_of(stops));
}

std::string_view query_of(std::string_view path) {
  const auto whole = before(path, "#");
  const size_t question = whole.find('?');
  return question == std::string_view::npos ? std::string_view() : whole.substr(question + 1);
}

/// content-length when there is one, else what was counted.
uint64_t size_of(const HeaderMap* map, uint64_t counted) {
  const auto announced = map == nullptr ? std::nullopt : http::content_length_of(*map);
  return announced.value_or(counted);
}

uint64_t head_bytes(const HeaderMap* map, uint64_t counted) {
  return counted != 0 || map == nullptr ? counted : map->byte_size();
}

/// envoy.config.core.v3.Node: id 1, cluster 2.
std::string node_message(const Vm& vm) {
  std::string out;
  append_proto(out, 1, vm.spec().node_id);
  append_proto(out, 2, "wasmgate");
  return out;
}

/// The access log's letters as Envoy's bits (StreamInfo::ResponseFlag).
uint64_t flag_bits(std::string_view flags) {
  constexpr std::array<std::pair<std::string_view, int>, 20> kBits{{
      {"LH", 0},  {"UH", 1},   {"UT", 2},  {"LR", 3},  {"UR", 4},   {"UF", 5},    {"UC", 6},
      {"UO", 7},  {"NR", 8},   {"DI", 9},  {"FI", 10}, {"RL", 11},  {"UAEX", 12}, {"RLSE", 13},
      {"DC", 14}, {"URX", 15}, {"SI", 16}, {"IH", 17}, {"DPE", 18}, {"UPE", 20},
  }};
  uint64_t out = 0;
  while (!flags.empty()) {
    const auto word = before(flags, ",");
    for (const auto& [name, bit] : kBits) {
      if (word == name) {
        out |= uint64_t{1} << bit;
      }
    }
    flags.remove_prefix(std::min(flags.size(), word.size() + 1));
  }
  return out;
}

using Get = bool (*)(const PropertyReader&);
struct Path {
  std::string_view path;  // segments joined by "."
  Get get;
};

bool route_name(const PropertyReader& r) {
  r.stream.callbacks->refresh_route();
  return r.text(r.info.route_name);
}
bool cluster_name(const PropertyReader& r) {
  r.stream.callbacks->refresh_route();
  return r.text(r.info.cluster_name);
}
bool virtual_host_name(const PropertyReader& r) {
  r.stream.callbacks->refresh_route();
  return r.text(r.info.virtual_host_name);
}
bool empty_message(const PropertyReader& r) {
  r.out.set_text({});
  return true;
}
bool inbound(const PropertyReader& r) { return r.integer(2); }  // decision 17
bool grpc_status(const PropertyReader& r) {
  if (!r.header(r.stream.callbacks->trailers(Direction::Response), "grpc-status") &&
      !r.header(r.response(), "grpc-status")) {
    return false;
  }
  uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(r.out.view.data(), r.out.view.data() + r.out.view.size(), value);
  return error == std::errc() && r.integer(value);
}
bool response_code(const PropertyReader& r) {
  const int code = r.info.response_code != 0 ? r.info.response_code
                   : r.response() == nullptr ? 0
                                             : http::status_of(*r.response());
  return code != 0 && r.integer(static_cast<uint64_t>(code));
}
bool protocol(const PropertyReader& r) { return r.text(http::to_string(r.info.protocol)); }

/// Sorted by path: found by binary search.
const std::vector<Path>& stream_paths() {
  static const std::vector<Path> kPaths = [] {
    std::vector<Path> paths{
        {"request.path", [](const PropertyReader& r) { return r.text(r.path()); }},
        {"request.url_path",
         [](const PropertyReader& r) { return r.text(before(r.path(), "?#")); }},
        {"request.host",
         [](const PropertyReader& r) { return r.header(r.request(), http::kAuthority); }},
        {"request.scheme",
         [](const PropertyReader& r) {
           return r.header(r.request(), http::kScheme) || r.text(r.info.scheme);
         }},
        {"request.method",
         [](const PropertyReader& r) { return r.header(r.request(), http::kMethod); }},
        {"request.referer",
         [](const PropertyReader& r) { return r.header(r.request(), "referer"); }},
        {"request.useragent",
         [](const PropertyReader& r) { return r.header(r.request(), "user-agent"); }},
        {"request.id",
         [](const PropertyReader& r) {
           return r.header(r.request(), "x-request-id") || r.text(r.info.request_id);
         }},
        {"request.query",
         [](const PropertyReader& r) {
           r.out.set_text(query_of(r.path()));
           return r.request() != nullptr;
         }},
        {"request.headers", [](const PropertyReader& r) { return r.map(r.request()); }},
        {"request.headers_bytes",
         [](const PropertyReader& r) {
           return r.integer(head_bytes(r.request(), r.info.request_header_bytes));
         }},
        {"request.size",
         [](const PropertyReader& r) {
           return r.integer(size_of(r.request(), r.info.request_body_bytes));
         }},
        {"request.total_size",
         [](const PropertyReader& r) {
           return r.integer(head_bytes(r.request(), r.info.request_header_bytes) +
                            size_of(r.request(), r.info.request_body_bytes));
         }},
        {"request.time",
         [](const PropertyReader& r) {
           const auto since = r.info.start_wall.time_since_epoch();
           return r.integer(static_cast<uint64_t>(
               std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()));
         }},
        {"request.duration",
         [](const PropertyReader& r) {
           return r.info.end != MonotonicTime{}
                      ? r.duration(r.info.start, r.info.end)
                      : r.info.request_is_complete &&
                            r.duration(r.info.start, r.info.request_complete);
         }},
        {"request.protocol", protocol},
        {"response.code", response_code},
        {"response.code_details",
         [](const PropertyReader& r) { return r.text(r.info.response_code_details); }},
        {"response.flags",
         [](const PropertyReader& r) { return r.integer(flag_bits(r.info.response_flags)); }},
        {"response.grpc_status", grpc_status},
        {"response.size",
         [](const PropertyReader& r) {
           return r.response() != nullptr &&
                  r.integer(size_of(r.response(), r.info.response_body_bytes));
         }},
        {"response.total_size",
         [](const PropertyReader& r) {
           return r.response() != nullptr &&
                  r.integer(head_bytes(r.response(), r.info.response_header_bytes) +
                            size_of(r.response(), r.info.response_body_bytes));
         }},
        {"response.headers_bytes",
         [](const PropertyReader& r) {
           return r.response() != nullptr &&
                  r.integer(head_bytes(r.response(), r.info.response_header_bytes));
         }},
        {"response.headers", [](const PropertyReader& r) { return r.map(r.response()); }},
        {"response.trailers",
         [](const PropertyReader& r) {
           return r.map(r.stream.callbacks->trailers(Direction::Response));
         }},
        {"response.backend_latency",
         [](const PropertyReader& r) {
           return r.duration(r.info.upstream_start, r.info.upstream_first);
         }},
        {"connection.id", [](const PropertyReader& r) { return r.integer(r.info.connection_id); }},
        {"connection.mtls",
         [](const PropertyReader& r) {
           r.out.set_flag(false);
           return true;
         }},
        {"connection.requested_server_name",
         [](const PropertyReader& r) { return r.text(r.info.requested_server_name); }},
        {"connection.tls_version",
         [](const PropertyReader& r) { return r.text(r.info.tls_version); }},
        {"connection_id", [](const PropertyReader& r) { return r.integer(r.info.connection_id); }},
        {"source.address",
         [](const PropertyReader& r) { return r.text(r.info.downstream_remote_address); }},
        {"source.port",
         [](const PropertyReader& r) {
           return r.info.downstream_remote_port != 0 && r.integer(r.info.downstream_remote_port);
         }},
        {"destination.address",
         [](const PropertyReader& r) { return r.text(r.info.downstream_local_address); }},
        {"destination.port",
         [](const PropertyReader& r) {
           return r.info.downstream_local_port != 0 && r.integer(r.info.downstream_local_port);
         }},
        {"upstream.address",
         [](const PropertyReader& r) { return r.text(r.info.upstream_address); }},
        {"upstream.port",
         [](const PropertyReader& r) {
           return r.info.upstream_port != 0 && r.integer(r.info.upstream_port);
         }},
        {"upstream.local_address",
         [](const PropertyReader& r) { return r.text(r.info.upstream_local_address); }},
        {"upstream.transport_failure_reason",
         [](const PropertyReader& r) { return r.text(r.info.upstream_transport_failure_reason); }},
        {"upstream.request_attempt_count",
         [](const PropertyReader& r) {
           return r.info.upstream_attempts != 0 && r.integer(r.info.upstream_attempts);
         }},
        {"upstream.num_endpoints",
         [](const PropertyReader& r) { return r.integer(r.info.cluster_endpoints); }},
        {"metadata", empty_message},
        {"xds.cluster_name", cluster_name},
        {"xds.cluster_metadata", empty_message},
        {"xds.route_name", route_name},
        {"xds.route_metadata", empty_message},
        {"xds.virtual_host_name", virtual_host_name},
        {"xds.virtual_host_metadata", empty_message},
        {"xds.upstream_host_metadata", empty_message},
        {"xds.listener_metadata", empty_message},
        {"xds.listener_direction", inbound},
        {"cluster_name", cluster_name},
        {"cluster_metadata", empty_message},
        {"route_name", route_name},
        {"route_metadata", empty_message},
        {"upstream_host_metadata", empty_message},
        {"listener_metadata", empty_message},
        {"listener_direction", inbound},
        {"x_request_id",
         [](const PropertyReader& r) {
           return r.text(r.info.request_id) || r.header(r.request(), "x-request-id");
         }},
    };
    std::sort(paths.begin(), paths.end(),
              [](const Path& a, const Path& b) { return a.path < b.path; });
    return paths;
  }();
  return kPaths;
}

/// Segments are joined by 0 on the wire and by "." in our table: same length, compared without a
/// copy.
int compare(std::string_view wire, std::string_view ours) {
  const size_t size = std::min(wire.size(), ours.size());
  for (size_t i = 0; i < size; ++i) {
    const char c = wire[i] == '\0' ? '.' : wire[i];
    if (c != ours[i]) {
      return static_cast<unsigned char>(c) < static_cast<unsigned char>(ours[i]) ? -1 : 1;
    }
  }
  return wire.size() == ours.size() ? 0 : wire.size() < ours.size() ? -1 : 1;
}

const Path* find_path(std::string_view wire) {
  const auto& paths = stream_paths();
  const auto at = std::lower_bound(
      paths.begin(), paths.end(), wire,
      [](const Path& path, std::string_view key) { return compare(key, path.path) > 0; });
  return at != paths.end() && compare(wire, at->path) == 0 ? &*at : nullptr;
}

bool starts_with_segment(std::string_view path, std::string_view segment) {
  return path.size() > segment.size() + 1 && path.starts_with(segment) &&
         path[segment.size()] == '\0';
}

/// "request", "response", …: whole wrapper objects.
bool is_wrapper(std::string_view path) {
  constexpr std::array<std::string_view, 9> kWrappers{
      "request",     "response", "connection",   "source",
      "destination", "upstream", "filter_state", "upstream_filter_state",
      "xds"};
  return std::find(kWrappers.begin(), kWrappers.end(), path) != kWrappers.end();
}

/// What is readable on every context.
bool read_plugin_property(Vm& vm, std::string_view path, PropertyValue& out) {
  const auto& spec = vm.spec();
  if (path == "plugin_root_id") {
    out.set_text(spec.root_id);
  } else if (path == "plugin_name") {
    out.set_text(spec.name);
  } else if (path == "plugin_vm_id") {
    out.set_text(spec.shared_namespace());
  } else if (path == "plugin_vm_memory") {
    out.set_integer(vm.memory_bytes());
  } else if (path == "node" || path == std::string_view("xds\0node", 8)) {
    out.set_owned(node_message(vm));
  } else if (path == std::string_view("xds\0node\0id", 11) ||
             path == std::string_view("node\0id", 7)) {
    out.set_text(spec.node_id);
  } else if (path == std::string_view("xds\0node\0cluster", 16) ||
             path == std::string_view("node\0cluster", 12)) {
    out.set_text("wasmgate");
  } else {
    return false;
  }
  return true;
}

/// Maps by key: request.headers.<name>, response.headers.<name>, response.trailers.<name>.
bool read_map_entry(const PropertyReader& reader, std::string_view path) {
  constexpr std::string_view kRequestHeaders("request\0headers", 15);
  constexpr std::string_view kResponseHeaders("response\0headers", 16);
  constexpr std::string_view kResponseTrailers("response\0trailers", 17);
  if (starts_with_segment(path, kRequestHeaders)) {
    return reader.header(reader.request(), path.substr(kRequestHeaders.size() + 1));
  }
  if (starts_with_segment(path, kResponseHeaders)) {
    return reader.header(reader.response(), path.substr(kResponseHeaders.size() + 1));
  }
  if (starts_with_segment(path, kResponseTrailers)) {
    return reader.header(reader.stream.callbacks->trailers(Direction::Response),
                         path.substr(kResponseTrailers.size() + 1));
  }
  return false;
}

/// What set_property stored: by its own path, or as filter_state.wasm.<path>.
bool read_state(const PropertyReader& reader, std::string_view path) {
  for (const std::string_view prefix :
       {std::string_view("filter_state"), std::string_view("upstream_filter_state")}) {
    if (starts_with_segment(path, prefix)) {
      path.remove_prefix(prefix.size() + 1);
      if (path.starts_with("wasm.")) {
        path.remove_prefix(5);
      }
    }
  }
  const auto at = reader.info.state.find(path);
  if (at == reader.info.state.end()) {
    return false;
  }
  reader.out.set_text(at->second);
  return true;
}

std::optional<uint64_t> decimal(std::string_view text) {
  uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(out)
                                                                  : std::nullopt;
}

enum class Control : uint8_t { Done, NotOne, BadValue };

/// The control properties of Higress.
Control write_control(Vm& vm, StreamContext& stream, std::string_view path,
                      std::string_view value) {
  if (path == "clear_route_cache") {
    stream.keep_route = value == "off";
    return Control::Done;
  }
  if (path == "set_decoder_buffer_limit" || path == "set_encoder_buffer_limit") {
    const auto bytes = decimal(value);
    if (!bytes) {
      return Control::BadValue;
    }
    stream.callbacks->set_body_limit(
        path == "set_decoder_buffer_limit" ? Direction::Request : Direction::Response, *bytes);
    return Control::Done;
  }
  if (path == "wasm_need_rebuild") {
    if (value == "true") {
      vm.ask_for_rebuild();
    }
    return Control::Done;
  }
  return Control::NotOne;
}

constexpr size_t kMaxStateEntries = 256;
constexpr size_t kMaxStateBytes = 1024 * 1024;

}  // namespace

void PropertyValue::set_integer(uint64_t value) {
  for (size_t i = 0; i < number.size(); ++i) {
    number[i] = static_cast<char>(value >> (8 * i));
  }
  view = {number.data(), number.size()};
}

void PropertyValue::set_flag(bool value) {
  number[0] = value ? 1 : 0;
  view = {number.data(), 1};
}

std::string_view plain_path(std::string_view path) {
  if (path.ends_with('\0')) {
    path.remove_suffix(1);
  }
  return path;
}

Status read_property(Vm& vm, StreamContext* stream, std::string_view raw, PropertyValue& out) {
  const auto path = plain_path(raw);
  if (read_plugin_property(vm, path, out)) {
    return Status::Ok;
  }
  if (stream == nullptr) {
    return Status::NotFound;
  }
  const PropertyReader reader{vm, *stream, stream->callbacks->info(), out};
  if (const Path* known = find_path(path); known != nullptr) {
    return known->get(reader) ? Status::Ok : Status::NotFound;
  }
  if (is_wrapper(path)) {
    return Status::SerializationFailure;
  }
  return read_map_entry(reader, path) || read_state(reader, path) ? Status::Ok : Status::NotFound;
}

Status write_property(Vm& vm, StreamContext* stream, std::string_view raw, std::string_view value) {
  if (stream == nullptr) {
    return Status::NotFound;
  }
  const auto path = plain_path(raw);
  switch (write_control(vm, *stream, path, value)) {
    case Control::Done:
      return Status::Ok;
    case Control::BadValue:
      return Status::BadArgument;
    case Control::NotOne:
      break;
  }
  auto& state = stream->callbacks->info().state;
  const auto known = state.find(path);
  if (known != state.end() && vm.declared_state().is_read_only(path)) {
    return Status::BadArgument;
  }
  size_t bytes = path.size() + value.size();
  for (const auto& [name, held] : state) {
    bytes += name.size() + held.size();
  }
  if (bytes > kMaxStateBytes || (known == state.end() && state.size() >= kMaxStateEntries)) {
    return Status::BadArgument;
  }
  state.insert_or_assign(std::string(path), std::string(value));
  return Status::Ok;
}

}  // namespace wasmgate::wasm
