#include "testing/host_access.h"

#include <algorithm>
#include <cctype>

namespace wasmgate::testing {

bool HostAccess::same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

std::optional<std::string> HostAccess::find(const HeaderStringPairs& map, std::string_view name) {
  for (const auto& [key, value] : map) {
    if (same_name(key, name)) {
      return value;
    }
  }
  return std::nullopt;
}

StreamSimulator* HostAccess::stream() {
  const auto found = current->streams_.find(current->effective_context_);
  return found == current->streams_.end() ? nullptr : found->second;
}

HeaderStringPairs* HostAccess::map(WasmHeaderMapType type) {
  StreamSimulator* of = stream();
  switch (type) {
    case WasmHeaderMapType::RequestHeaders:
      return of == nullptr ? nullptr : &of->request_headers;
    case WasmHeaderMapType::RequestTrailers:
      return of == nullptr ? nullptr : &of->request_trailers;
    case WasmHeaderMapType::ResponseHeaders:
      return of == nullptr ? nullptr : &of->response_headers;
    case WasmHeaderMapType::ResponseTrailers:
      return of == nullptr ? nullptr : &of->response_trailers;
    case WasmHeaderMapType::GrpcReceiveInitialMetadata:
    case WasmHeaderMapType::HttpCallResponseHeaders:
      return &current->call_headers_;
    case WasmHeaderMapType::GrpcReceiveTrailingMetadata:
    case WasmHeaderMapType::HttpCallResponseTrailers:
      return &current->call_trailers_;
  }
  return nullptr;
}

std::string* HostAccess::buffer(WasmBufferType type) {
  StreamSimulator* of = stream();
  switch (type) {
    case WasmBufferType::HttpRequestBody:
      return of == nullptr ? nullptr : &of->request_body;
    case WasmBufferType::HttpResponseBody:
      return of == nullptr ? nullptr : &of->response_body;
    case WasmBufferType::PluginConfiguration:
      return &current->configuration_;
    case WasmBufferType::HttpCallResponseBody:
    case WasmBufferType::GrpcReceiveBuffer:
      return &current->call_body_;
    default:
      return nullptr;
  }
}

namespace {
/// "xds\0route_name\0" is "xds.route_name".
std::string dotted(std::string_view path) {
  std::string name(path);
  while (!name.empty() && name.back() == '\0') {
    name.pop_back();
  }
  std::replace(name.begin(), name.end(), '\0', '.');
  return name;
}
}  // namespace

std::optional<std::string> HostAccess::property(std::string_view path) {
  const std::string name = dotted(path);
  if (StreamSimulator* of = stream()) {
    if (const auto found = of->properties.find(name); found != of->properties.end()) {
      return found->second;
    }
  }
  if (name == "plugin_root_id" && current->properties.count(name) == 0) {
    return current->root_id;
  }
  const auto found = current->properties.find(name);
  return found == current->properties.end() ? std::nullopt : std::optional(found->second);
}

void HostAccess::set_property(std::string_view path, std::string_view value) {
  stream()->properties[dotted(path)] = value;
}

WasmResult HostAccess::local_reply(LocalReply reply) {
  StreamSimulator* of = stream();
  if (of != nullptr && !of->reply_) {
    of->reply_ = std::move(reply);
  }
  return WasmResult::Ok;
}

WasmResult HostAccess::continue_stream(WasmStreamType type) {
  if (StreamSimulator* of = stream()) {
    (type == WasmStreamType::Request ? of->request_continued_ : of->response_continued_) = true;
  }
  return WasmResult::Ok;
}

void HostAccess::close_stream() {
  if (StreamSimulator* of = stream()) {
    of->closed_ = true;
  }
}

bool HostAccess::known_context(uint32_t id) {
  return id == current->root_context_ || current->streams_.count(id) != 0;
}
void HostAccess::use_context(uint32_t id) { current->effective_context_ = id; }

uint32_t HostAccess::add_call(CallOut call) {
  call.token = current->next_token_++;
  current->calls.push_back(call);
  return call.token;
}

uint32_t HostAccess::queue(std::string_view name) {
  auto& token = current->queue_tokens[std::string(name)];
  if (token == 0) {
    token = static_cast<uint32_t>(current->queue_tokens.size());
    current->queues[token];
  }
  return token;
}

std::vector<std::string>& HostAccess::metric_names() { return current->metric_names_; }
uint32_t HostAccess::next_version() { return current->next_version_++; }

}  // namespace wasmgate::testing
