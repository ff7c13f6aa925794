#include "filter/local_reply.h"

#include <algorithm>

namespace wasmgate::filter {
namespace {

struct Row {
  FailureKind kind;
  int status;
  std::string_view details;
  std::string_view flags;
  std::string_view body;
};

// One row per kind of failure; the words in the details are what the access log shows.
constexpr Row kRows[] = {
    {FailureKind::NoRoute, 404, "route_not_found", "NR", ""},
    {FailureKind::NoHealthyEndpoint, 503, "no_healthy_upstream", "UH", "no healthy upstream"},
    {FailureKind::ConnectFailed, 503, "upstream_reset_before_response_started{connection_failure}",
     "UF", "upstream connect error"},
    {FailureKind::UpstreamReset, 503,
     "upstream_reset_before_response_started{connection_termination}", "UC",
     "upstream connection closed before the response"},
    {FailureKind::RouteTimeout, 504, "upstream_response_timeout", "UT", "upstream request timeout"},
    {FailureKind::UpstreamProtocol, 502, "upstream_reset_before_response_started{protocol_error}",
     "UPE", "upstream sent a malformed response"},
    {FailureKind::Overload, 503, "overload", "UO", "upstream overloaded"},
    {FailureKind::PluginFailed, 503, "wasm_fail_stream", "", ""},
    {FailureKind::PluginUnavailable, 503, "wasm_plugin_unavailable", "", ""},
    {FailureKind::PluginPauseLimit, 504, "wasm_pause_limit", "", ""},
    {FailureKind::RequestTooLarge, 413, "request_payload_too_large", "", "Payload Too Large"},
    {FailureKind::ResponseTooLarge, 500, "response_payload_too_large", "", "Internal Server Error"},
    {FailureKind::BadRequestHead, 400, "request_head_not_valid_after_plugins", "", ""},
    {FailureKind::BadResponseHead, 502, "response_head_not_valid_after_plugins", "", ""},
    {FailureKind::RequestHeadTimeout, 408, "request_header_timeout", "", ""},
    {FailureKind::StreamIdle, 504, "stream_idle_timeout", "", "stream timeout"},
    {FailureKind::BadLocalReply, 500, "wasm_bad_local_reply", "", ""},
};

bool is_grpc(const http::HeaderMap* request) {
  if (request == nullptr) {
    return false;
  }
  const std::string_view type = request->get(http::kContentType).value_or("");
  return type == "application/grpc" || type.starts_with("application/grpc+") ||
         type.starts_with("application/grpc;");
}

// The gRPC status of an HTTP status, as the gRPC documentation maps them.
uint32_t grpc_status_for(int status) {
  switch (status) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7E || byte == '%') {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

LocalReply reply_for(FailureKind kind) {
  for (const Row& row : kRows) {
    if (row.kind == kind) {
      LocalReply reply;
      reply.status = row.status;
      reply.details = row.details;
      reply.flags = row.flags;
      reply.body = row.body;
      if (kind == FailureKind::PluginUnavailable) {
        reply.headers.emplace_back("retry-after", "1");
      }
      if (kind == FailureKind::PluginFailed || kind == FailureKind::PluginUnavailable) {
        reply.grpc_status = 14;
      }
      return reply;
    }
  }
  return {};
}

LocalReply reply_for(const http::Refusal& refusal) {
  LocalReply reply;
  reply.status = refusal.status;
  reply.details = refusal.reason;
  reply.flags = refusal.status == 502 ? "UPE" : "DPE";
  return reply;
}

std::string_view write_local_reply(const LocalReply& reply, const http::HeaderMap* request,
                                   http::HeaderMap& out) {
  const bool grpc = is_grpc(request);
  std::string_view body = grpc ? std::string_view{} : std::string_view(reply.body);
  http::set_status(out, grpc ? 200 : reply.status);
  const auto given = std::find_if(reply.headers.begin(), reply.headers.end(), [](const auto& h) {
    return http::equal_ignore_case(h.first, http::kContentType);
  });
  if (grpc) {
    out.add(http::kContentType, "application/grpc");
    out.add("grpc-status",
            std::to_string(reply.grpc_status.value_or(grpc_status_for(reply.status))));
    if (!reply.body.empty()) {
      out.add("grpc-message", percent_encode(reply.body));
    }
  } else if (given == reply.headers.end() && !body.empty()) {
    out.add(http::kContentType, "text/plain");
  }
  for (const auto& [name, value] : reply.headers) {
    const bool ours = http::equal_ignore_case(name, http::kContentLength) ||
                      http::equal_ignore_case(name, http::kTransferEncoding) ||
                      http::equal_ignore_case(name, http::kConnection) ||
                      (grpc && http::equal_ignore_case(name, http::kContentType));
    if (!ours) {
      out.add(name, value);
    }
  }
  if (!grpc && reply.status != 204 && reply.status != 304) {
    out.add(http::kContentLength, std::to_string(body.size()));
  } else if (reply.status == 204 || reply.status == 304) {
    body = {};
  }
  return body;
}

}  // namespace wasmgate::filter
