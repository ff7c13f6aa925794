#include "server/worker_grpc.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "http/message/status.h"
#include "server/grpc_frames.h"

namespace wasmgate::server {
namespace {

uint32_t status_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::Timeout:
      return error.detail == "timeout" ? kGrpcDeadlineExceeded : kGrpcUnavailable;
    case ErrorCode::LimitExceeded:
      return kGrpcResourceExhausted;
    case ErrorCode::Protocol:
      return kGrpcInternal;
    default:
      return kGrpcUnavailable;
  }
}

/// The authority of a call to a cluster: its name, of "outbound|80||name" the name alone.
std::string_view authority_of(std::string_view cluster) {
  return cluster.substr(cluster.rfind('|') + 1);
}

http::HeaderMap head_of(const wasm::GrpcCall& call) {
  http::HeaderMap head;
  head.add(http::kMethod, "POST");
  head.add(http::kScheme, "http");
  head.add(http::kAuthority, authority_of(call.cluster));
  head.add(http::kPath, fmt::format("/{}/{}", call.service, call.method));
  for (const auto& field : call.initial_metadata->fields()) {
    head.add(field.name, field.value);
  }
  head.set("te", "trailers");
  head.set(http::kContentType, "application/grpc");
  if (call.timeout.count() > 0) {
    head.set("grpc-timeout",
             fmt::format("{}m", std::min<int64_t>(call.timeout.count(), 99'999'999)));
  }
  return head;
}

class Stream final : public wasm::GrpcStream, private proxy::AsyncStreamEvents {
 public:
  Stream(wasm::GrpcEvents& events, size_t message_limit_bytes)
      : events_(events), reader_(message_limit_bytes) {}
  ~Stream() override { *alive_ = false; }

  Result<void> open(proxy::AsyncClient& calls, proxy::AsyncStreamRequest request) {
    auto opened = calls.open(std::move(request), *this);
    if (!opened) {
      return tl::unexpected(std::move(opened.error()));
    }
    exchange_ = std::move(*opened);
    return {};
  }

  void send(std::string_view message, bool end_stream) override {
    if (exchange_ != nullptr) {
      exchange_->send(grpc_frame(message), end_stream);
    }
  }
  void close() override {
    if (exchange_ != nullptr) {
      exchange_->send({}, true);
    }
  }

 private:
  // What is told may destroy this object: each step below looks at `alive` before it goes on.

  void on_stream_head(http::HeaderMap& headers, bool end_stream) override {
    const int http_status = http::status_of(headers);
    if (end_stream) {  // "Trailers-Only"
      return grpc_status_of(headers)
                 ? finish(headers)
                 : fail(grpc_status_of_http(http_status), no_status(http_status));
    }
    if (http_status != 200) {
      return fail(grpc_status_of_http(http_status), no_status(http_status));
    }
    if (!headers.get(http::kContentType).value_or("").starts_with("application/grpc")) {
      return fail(kGrpcUnknown, "the answer's content-type is not application/grpc");
    }
    events_.on_initial_metadata(headers);
  }

  void on_stream_data(std::string_view data, bool end_stream) override {
    const std::shared_ptr<bool> alive = alive_;
    reader_.feed(data);
    std::string message;
    while (true) {
      switch (reader_.next(message)) {
        case GrpcFrameReader::Outcome::Message:
          events_.on_message(message);
          if (!*alive) {
            return;
          }
          continue;
        case GrpcFrameReader::Outcome::Compressed:
          return fail(kGrpcInternal, "a compressed message, which was not asked for");
        case GrpcFrameReader::Outcome::TooLarge:
          return fail(kGrpcResourceExhausted, "a message above the limit");
        case GrpcFrameReader::Outcome::NeedMore:
          break;
      }
      break;
    }
    if (end_stream) {
      fail(kGrpcUnknown, "the answer ended without trailers");
    }
  }

  void on_stream_trailers(http::HeaderMap& trailers) override {
    if (reader_.cut()) {
      return fail(kGrpcInternal, "the answer ended inside a message");
    }
    finish(trailers);
  }

  void on_stream_failure(const Error& error) override { fail(status_of(error), error.detail); }

  static std::string no_status(int http_status) {
    return fmt::format("HTTP status {} without grpc-status", http_status);
  }

  void finish(http::HeaderMap& trailers) {
    const std::shared_ptr<bool> alive = alive_;
    const uint32_t status = grpc_status_of(trailers).value_or(kGrpcUnknown);
    const std::string message = grpc_message_of(trailers);
    events_.on_trailing_metadata(trailers);
    if (*alive) {
      end(status, message);
    }
  }

  void fail(uint32_t status, std::string message) {
    http::HeaderMap none;
    const std::shared_ptr<bool> alive = alive_;
    events_.on_trailing_metadata(none);
    if (*alive) {
      end(status, message);
    }
  }

  /// The exchange goes first: nothing more of it is told. It may be the caller's caller, which
  /// looks whether it still lives.
  void end(uint32_t status, const std::string& message) {
    exchange_.reset();
    events_.on_close(status, message);
  }

  wasm::GrpcEvents& events_;
  GrpcFrameReader reader_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<proxy::AsyncStream> exchange_;
};

}  // namespace

wasm::CallStart start_grpc(proxy::AsyncClient& calls, const wasm::GrpcCall& call,
                           wasm::GrpcEvents& events, std::unique_ptr<wasm::GrpcStream>& out) {
  proxy::AsyncStreamRequest request;
  request.cluster = call.cluster;
  request.headers = head_of(call);
  request.timeout = call.timeout;
  request.waiting_limit_bytes = call.message_limit_bytes;
  auto stream = std::make_unique<Stream>(events, call.message_limit_bytes);
  if (const auto opened = stream->open(calls, std::move(request)); !opened) {
    return opened.error().code == ErrorCode::NotFound ? wasm::CallStart::UnknownCluster
                                                      : wasm::CallStart::NotStarted;
  }
  out = std::move(stream);
  return wasm::CallStart::Started;
}

}  // namespace wasmgate::server
