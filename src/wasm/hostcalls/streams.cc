// Going on, ending, answering. All of it is noted here and carried out when the outermost callback
// has returned (D7).

#include <algorithm>

#include "http/rules/characters.h"
#include "wasm/abi/pairs.h"
#include "wasm/hostcalls/hostcalls.h"

namespace wasmgate::wasm::hostcalls {
namespace {

void ask(HostCall& call, uint8_t what) {
  if (StreamContext* stream = call.stream(); stream != nullptr && !stream->logging) {
    call.vm().ask(*stream, what);
  }
}

constexpr uint32_t kMaxGrpcStatus = 16;

bool valid_reply_header(std::string_view name, std::string_view value) {
  return http::valid_field_name(name) && http::clean_field_value(value);
}

/// What the guest asked for, or the reply that stands in for an impossible one.
filter::LocalReply make_reply(HostCall& call, uint32_t code, std::string_view details,
                              std::string_view body, std::string_view headers,
                              uint32_t grpc_status) {
  const auto pairs = parse_pairs(headers);
  const bool valid =
      code >= 200 && code <= 599 && body.size() <= call.limits().local_reply_body_bytes && pairs &&
      std::all_of(pairs->begin(), pairs->end(),
                  [](const Pair& pair) { return valid_reply_header(pair.first, pair.second); });
  if (!valid) {
    call.warn("a local reply with an invalid status, header or size becomes 500");
    return filter::reply_for(filter::FailureKind::BadLocalReply);
  }
  filter::LocalReply reply;
  reply.status = static_cast<int>(code);
  reply.details = details;
  reply.body = body;
  for (const auto& [name, value] : *pairs) {
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(), http::characters::token_lower);
    reply.headers.emplace_back(std::move(lower), http::trim_whitespace(value));
  }
  if (grpc_status <= kMaxGrpcStatus) {
    reply.grpc_status = grpc_status;
  }
  return reply;
}

}  // namespace

Status proxy_continue_stream(HostCall& call, uint32_t type) {
  if (type >= kStreamTypes) {
    return Status::BadArgument;
  }
  if (type == static_cast<uint32_t>(StreamType::Request)) {
    ask(call, StreamContext::kContinueRequest);
  } else if (type == static_cast<uint32_t>(StreamType::Response)) {
    ask(call, StreamContext::kContinueResponse);
  }
  return Status::Ok;
}

Status proxy_continue_request(HostCall& call) {
  ask(call, StreamContext::kContinueRequest);
  return Status::Ok;
}

Status proxy_continue_response(HostCall& call) {
  ask(call, StreamContext::kContinueResponse);
  return Status::Ok;
}

void proxy_continue_request_void(HostCall& call) { ask(call, StreamContext::kContinueRequest); }
void proxy_continue_response_void(HostCall& call) { ask(call, StreamContext::kContinueResponse); }

Status proxy_close_stream(HostCall& call, uint32_t type) {
  if (type >= kStreamTypes) {
    return Status::BadArgument;
  }
  ask(call, StreamContext::kClose);
  return Status::Ok;
}

Status proxy_send_local_response(HostCall& call, uint32_t code, uint32_t details,
                                 uint32_t details_size, uint32_t body, uint32_t body_size,
                                 uint32_t headers, uint32_t headers_size, uint32_t grpc_status) {
  const auto details_text = call.read(details, details_size);
  const auto body_bytes = call.read(body, body_size);
  const auto header_bytes = call.read(headers, headers_size);
  if (!details_text || !body_bytes || !header_bytes) {
    return Status::InvalidMemoryAccess;
  }
  StreamContext* stream = call.stream();
  if (stream == nullptr) {
    return Status::Ok;
  }
  if (stream->logging || (stream->pending & StreamContext::kReply) != 0) {
    call.warn(stream->logging ? "a local reply after the stream's end is ignored"
                              : "a second local reply in one callback is ignored");
    return Status::Ok;
  }
  stream->reply = std::make_unique<filter::LocalReply>(
      make_reply(call, code, *details_text, *body_bytes, *header_bytes, grpc_status));
  std::replace_if(
      stream->reply->details.begin(), stream->reply->details.end(),
      [](unsigned char c) { return c <= ' '; }, '_');
  stream->reply_asked = true;
  call.vm().ask(*stream, StreamContext::kReply);
  return Status::Ok;
}

Status proxy_clear_route_cache(HostCall& call) {
  if (StreamContext* stream = call.stream(); stream != nullptr && !stream->logging) {
    stream->callbacks->clear_route_cache();
  }
  return Status::Ok;
}

}  // namespace wasmgate::wasm::hostcalls
