// Finds the handler of each gRPC and HTTP call, for RootContext.

#include <utility>

#include "proxy_wasm_intrinsics.h"

namespace {

/// Turns two callbacks into a call handler.
class CallbackHandler : public GrpcCallHandlerBase {
 public:
  CallbackHandler(std::function<void(size_t)> success, std::function<void(GrpcStatus)> failure)
      : success_(std::move(success)), failure_(std::move(failure)) {}
  void onSuccess(size_t body_size) override { success_(body_size); }
  void onFailure(GrpcStatus status) override { failure_(status); }

 private:
  std::function<void(size_t)> success_;
  std::function<void(GrpcStatus)> failure_;
};

/// Takes the value of `key` out of `map`; a default value when there is none. The handler leaves
/// the map before it runs, so that it may start or cancel other calls.
template <typename Map>
typename Map::mapped_type take(Map& map, uint32_t key) {
  auto node = map.extract(key);
  return node.empty() ? typename Map::mapped_type() : std::move(node.mapped());
}

}  // namespace

void RootContext::onHttpCallResponse(uint32_t token, uint32_t headers, size_t body_size,
                                     uint32_t trailers) {
  if (const HttpCallCallback callback = take(http_calls_, token)) {
    callback(headers, body_size, trailers);
  }
}

std::unique_ptr<GrpcCallHandlerBase> wasmgate::sdk::make_grpc_handler(
    std::function<void(size_t)> success, std::function<void(GrpcStatus)> failure) {
  return std::make_unique<CallbackHandler>(std::move(success), std::move(failure));
}

void RootContext::keepGrpcCall(uint32_t token, std::unique_ptr<GrpcCallHandlerBase> handler) {
  handler->context_ = this;
  handler->token_ = token;
  grpc_calls_[token] = std::move(handler);
}

void RootContext::keepGrpcStream(uint32_t token, std::unique_ptr<GrpcStreamHandlerBase> handler) {
  handler->context_ = this;
  handler->token_ = token;
  grpc_streams_[token] = std::move(handler);
}

void RootContext::onGrpcReceiveInitialMetadata(uint32_t token, uint32_t headers) {
  if (const auto stream = grpc_streams_.find(token); stream != grpc_streams_.end()) {
    stream->second->onReceiveInitialMetadata(headers);
  }
}

void RootContext::onGrpcReceiveTrailingMetadata(uint32_t token, uint32_t trailers) {
  if (const auto stream = grpc_streams_.find(token); stream != grpc_streams_.end()) {
    stream->second->onReceiveTrailingMetadata(trailers);
  }
}

void RootContext::onGrpcReceive(uint32_t token, size_t body_size) {
  if (const auto call = take(grpc_calls_, token)) {
    call->onSuccess(body_size);
  } else if (const auto stream = grpc_streams_.find(token); stream != grpc_streams_.end()) {
    stream->second->onReceive(body_size);
  }
}

void RootContext::onGrpcClose(uint32_t token, GrpcStatus status) {
  if (const auto call = take(grpc_calls_, token)) {
    call->onFailure(status);
    return;
  }
  const auto found = grpc_streams_.find(token);
  if (found == grpc_streams_.end()) {
    return;
  }
  GrpcStreamHandlerBase& stream = *found->second;
  stream.remote_closed_ = true;
  stream.onRemoteClose(status);
  // onRemoteClose may have closed or reset the stream, which destroys it.
  if (const auto still = grpc_streams_.find(token);
      still != grpc_streams_.end() && still->second->local_closed_) {
    grpc_streams_.erase(still);
  }
}

void GrpcCallHandlerBase::cancel() {
  grpcCancel(token_);
  take(context_->grpc_calls_, token_);
}

WasmResult GrpcStreamHandlerBase::send(std::string_view message, bool end_of_stream) {
  const WasmResult result = grpcSend(token_, message, end_of_stream);
  if (result == WasmResult::Ok && end_of_stream) {
    local_closed_ = true;
  }
  return result;
}

void GrpcStreamHandlerBase::close() {
  grpcClose(token_);
  local_closed_ = true;
  if (remote_closed_) {
    take(context_->grpc_streams_, token_);
  }
}

void GrpcStreamHandlerBase::reset() {
  grpcCancel(token_);
  take(context_->grpc_streams_, token_);
}
