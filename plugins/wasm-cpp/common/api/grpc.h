// gRPC calls and streams.
//
// Protobuf is not part of the SDK: a message is any type with `SerializeToString(std::string*)` and
// `ParseFromArray(const void*, int)`, or plain bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "api/buffers.h"
#include "api/exports.h"
#include "api/wasm_data.h"
#include "proxy_wasm_externs.h"

class RootContext;

namespace wasmgate::sdk {

/// The message of the current onGrpcReceive or onSuccess.
inline WasmDataPtr received_grpc_message(size_t size) {
  return getBufferBytes(WasmBufferType::GrpcReceiveBuffer, 0, size);
}

/// Calls `use` with the bytes of `message`: the message itself when it is text, else serialised.
template <typename Message, typename Use>
WasmResult with_grpc_bytes(const Message& message, Use use) {
  if constexpr (std::is_convertible_v<const Message&, std::string_view>) {
    return use(std::string_view(message));
  } else {
    std::string bytes;
    return message.SerializeToString(&bytes) ? use(std::string_view(bytes))
                                             : WasmResult::SerializationFailure;
  }
}

inline WasmResult start_grpc_call(std::string_view upstream, std::string_view service_name,
                                  std::string_view method_name,
                                  const HeaderStringPairs& initial_metadata,
                                  std::string_view request, uint32_t timeout_milliseconds,
                                  uint32_t* token) {
  const std::string metadata = serializePairs(initial_metadata);
  return proxy_grpc_call(upstream.data(), upstream.size(), service_name.data(), service_name.size(),
                         method_name.data(), method_name.size(), metadata.data(), metadata.size(),
                         request.data(), request.size(), timeout_milliseconds, token);
}

inline WasmResult start_grpc_stream(std::string_view upstream, std::string_view service_name,
                                    std::string_view method_name,
                                    const HeaderStringPairs& initial_metadata, uint32_t* token) {
  const std::string metadata = serializePairs(initial_metadata);
  return proxy_grpc_stream(upstream.data(), upstream.size(), service_name.data(),
                           service_name.size(), method_name.data(), method_name.size(),
                           metadata.data(), metadata.size(), token);
}

}  // namespace wasmgate::sdk

/// Starts a unary call. `upstream`: a cluster's name or a serialised Envoy GrpcService.
/// `request`: bytes, or a message with `SerializeToString`.
template <typename Request>
WasmResult grpcCall(std::string_view upstream, std::string_view service_name,
                    std::string_view method_name, const HeaderStringPairs& initial_metadata,
                    const Request& request, uint32_t timeout_milliseconds, uint32_t* token) {
  wasmgate::sdk::export_grpc<wasmgate::sdk::AlwaysVoid<Request>>();
  return wasmgate::sdk::with_grpc_bytes(request, [&](std::string_view bytes) {
    return wasmgate::sdk::start_grpc_call(upstream, service_name, method_name, initial_metadata,
                                          bytes, timeout_milliseconds, token);
  });
}

/// Opens a stream.
template <typename T = void>
WasmResult grpcStream(std::string_view upstream, std::string_view service_name,
                      std::string_view method_name, const HeaderStringPairs& initial_metadata,
                      uint32_t* token) {
  wasmgate::sdk::export_grpc<T>();
  return wasmgate::sdk::start_grpc_stream(upstream, service_name, method_name, initial_metadata,
                                          token);
}
inline WasmResult grpcSend(uint32_t token, std::string_view message, bool end_of_stream) {
  return proxy_grpc_send(token, message.data(), message.size(), end_of_stream ? 1 : 0);
}
/// Half-closes a stream, cancels a call.
inline WasmResult grpcClose(uint32_t token) { return proxy_grpc_close(token); }
/// Ends a call or stream at once; no callback follows.
inline WasmResult grpcCancel(uint32_t token) { return proxy_grpc_cancel(token); }

/// Gets the outcome of one unary call; see RootContext::grpcCallHandler.
class GrpcCallHandlerBase {
 public:
  virtual ~GrpcCallHandlerBase() = default;
  RootContext* context() const { return context_; }
  /// Ends the call. Lifetime: this object is destroyed.
  void cancel();
  /// `body_size`: bytes of the answer in buffer GrpcReceiveBuffer.
  virtual void onSuccess(size_t body_size) = 0;
  virtual void onFailure(GrpcStatus status) = 0;

 private:
  friend class RootContext;
  RootContext* context_ = nullptr;
  uint32_t token_ = 0;
};

template <typename Message>
class GrpcCallHandler : public GrpcCallHandlerBase {
 protected:
  /// The answer as a message; for use inside onSuccess.
  static Message message(size_t body_size) {
    return wasmgate::sdk::received_grpc_message(body_size)->template proto<Message>();
  }
};

/// One gRPC stream; see RootContext::grpcStreamHandler. Destroyed once both sides are closed.
class GrpcStreamHandlerBase {
 public:
  virtual ~GrpcStreamHandlerBase() = default;
  RootContext* context() const { return context_; }
  WasmResult send(std::string_view message, bool end_of_stream);
  /// No more messages from here; the other side may go on.
  void close();
  /// Ends both directions at once. Lifetime: this object is destroyed.
  void reset();
  virtual void onReceiveInitialMetadata(uint32_t /*headers*/) {}
  virtual void onReceiveTrailingMetadata(uint32_t /*trailers*/) {}
  virtual void onReceive(size_t body_size) = 0;
  virtual void onRemoteClose(GrpcStatus status) = 0;

 private:
  friend class RootContext;
  RootContext* context_ = nullptr;
  uint32_t token_ = 0;
  bool local_closed_ = false;
  bool remote_closed_ = false;
};

template <typename Request, typename Response>
class GrpcStreamHandler : public GrpcStreamHandlerBase {
 public:
  using GrpcStreamHandlerBase::send;
  WasmResult send(const Request& message, bool end_of_stream) {
    return wasmgate::sdk::with_grpc_bytes(message, [&](std::string_view bytes) {
      return GrpcStreamHandlerBase::send(bytes, end_of_stream);
    });
  }

 protected:
  /// The message received; for use inside onReceive.
  static Response message(size_t body_size) {
    return wasmgate::sdk::received_grpc_message(body_size)->template proto<Response>();
  }
};
