// The classes a plug-in derives from: one RootContext per plug-in and VM, one Context per stream.
//
// The host makes them through the factories of registration.h and calls the virtual functions
// below. Override only what is needed: a callback that no registered class overrides is not
// exported from the module at all, so the host never enters the VM for it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/exports.h"
#include "api/grpc.h"
#include "api/stream_control.h"
#include "api/wasm_data.h"
#include "proxy_wasm_externs.h"

class RootContext;
class Context;

namespace wasmgate::sdk {
/// A call handler made of two callbacks.
std::unique_ptr<GrpcCallHandlerBase> make_grpc_handler(std::function<void(size_t)> success,
                                                       std::function<void(GrpcStatus)> failure);
}  // namespace wasmgate::sdk

/// What root and stream contexts have in common.
class ContextBase {
 public:
  explicit ContextBase(uint32_t id) : id_(id) {}
  virtual ~ContextBase() = default;
  ContextBase(const ContextBase&) = delete;
  ContextBase& operator=(const ContextBase&) = delete;

  uint32_t id() const { return id_; }

  /// Makes this context the one that host functions act on, for the rest of the callback.
  /// Needed before touching a stream from a root callback (an HTTP call's answer, a tick).
  WasmResult setEffectiveContext() { return proxy_set_effective_context(id_); }

  virtual RootContext* asRoot() { return nullptr; }
  virtual Context* asContext() { return nullptr; }

  virtual void onCreate() {}
  /// Returns false to keep the context until `proxy_done`.
  virtual bool onDoneBase() = 0;
  /// The last call; the object is destroyed afterwards.
  virtual void onDelete() {}

  /// Gets headers, body size and trailers of an HTTP call's answer.
  using HttpCallCallback =
      std::function<void(uint32_t headers, size_t body_size, uint32_t trailers)>;
  /// Gets Ok and the size of a gRPC call's answer, or the status and 0.
  using GrpcSimpleCallCallback = std::function<void(GrpcStatus status, size_t body_size)>;

  virtual void onForeignFunction(uint32_t /*foreign_function_id*/, uint32_t /*data_size*/) {}

  virtual void onHttpCallResponse(uint32_t /*token*/, uint32_t /*headers*/, size_t /*body_size*/,
                                  uint32_t /*trailers*/) {}
  virtual void onGrpcReceiveInitialMetadata(uint32_t /*token*/, uint32_t /*headers*/) {}
  virtual void onGrpcReceive(uint32_t /*token*/, size_t /*body_size*/) {}
  virtual void onGrpcReceiveTrailingMetadata(uint32_t /*token*/, uint32_t /*trailers*/) {}
  virtual void onGrpcClose(uint32_t /*token*/, GrpcStatus /*status*/) {}

 private:
  const uint32_t id_;
};

/// A plug-in's life on one VM: configuration, timers, queues and the answers of calls out.
class RootContext : public ContextBase {
 public:
  RootContext(uint32_t id, std::string_view root_id) : ContextBase(id), root_id_(root_id) {}

  RootContext* asRoot() override { return this; }
  std::string_view root_id() const { return root_id_; }

  /// Called where a configuration is checked without being used. False refuses it.
  virtual bool validateConfiguration(size_t /*configuration_size*/) { return true; }
  /// False: the configuration is refused. It is read from buffer `PluginConfiguration`.
  virtual bool onConfigure(size_t /*configuration_size*/) { return true; }
  /// False: the VM cannot be used.
  virtual bool onStart(size_t /*vm_configuration_size*/) { return true; }
  virtual void onTick() {}
  virtual void onQueueReady(uint32_t /*token*/) {}
  /// The plug-in is being removed. False: wait for `done()`.
  virtual bool onDone() { return true; }
  bool onDoneBase() override { return onDone(); }
  /// Ends the wait that a false from `onDone` began.
  void done() { proxy_done(); }

  /// Starts an HTTP call and runs `callback` with its answer. See `makeHttpCall`.
  template <typename T = void>
  WasmResult httpCall(std::string_view upstream, const HeaderStringPairs& headers,
                      std::string_view body, const HeaderStringPairs& trailers,
                      uint32_t timeout_milliseconds, HttpCallCallback callback) {
    wasmgate::sdk::export_http_call_response<T>();
    uint32_t token = 0;
    const WasmResult result =
        makeHttpCall(upstream, headers, body, trailers, timeout_milliseconds, &token);
    if (result == WasmResult::Ok) {
      http_calls_[token] = std::move(callback);
    }
    return result;
  }

  /// Starts a unary gRPC call. `request`: bytes, or a message with `SerializeToString`.
  /// `success` gets the size of the answer in buffer GrpcReceiveBuffer, `failure` the status when
  /// no message arrives.
  template <typename Request>
  WasmResult grpcSimpleCall(std::string_view service, std::string_view service_name,
                            std::string_view method_name, const HeaderStringPairs& initial_metadata,
                            const Request& request, uint32_t timeout_milliseconds,
                            std::function<void(size_t body_size)> success,
                            std::function<void(GrpcStatus)> failure) {
    return grpcCallHandler(
        service, service_name, method_name, initial_metadata, request, timeout_milliseconds,
        wasmgate::sdk::make_grpc_handler(std::move(success), std::move(failure)));
  }
  /// As above; one callback gets both outcomes.
  template <typename Request>
  WasmResult grpcSimpleCall(std::string_view service, std::string_view service_name,
                            std::string_view method_name, const HeaderStringPairs& initial_metadata,
                            const Request& request, uint32_t timeout_milliseconds,
                            GrpcSimpleCallCallback callback) {
    return grpcSimpleCall(
        service, service_name, method_name, initial_metadata, request, timeout_milliseconds,
        std::function<void(size_t)>([callback](size_t size) { callback(GrpcStatus::Ok, size); }),
        std::function<void(GrpcStatus)>([callback](GrpcStatus status) { callback(status, 0); }));
  }
  /// As the first; the answer is parsed as `Response` (any message with `ParseFromArray`).
  template <typename Response, typename Request>
  WasmResult grpcSimpleCall(std::string_view service, std::string_view service_name,
                            std::string_view method_name, const HeaderStringPairs& initial_metadata,
                            const Request& request, uint32_t timeout_milliseconds,
                            std::function<void(Response&&)> success,
                            std::function<void(GrpcStatus)> failure) {
    return grpcCallHandler(
        service, service_name, method_name, initial_metadata, request, timeout_milliseconds,
        wasmgate::sdk::make_grpc_handler(
            [success](size_t size) {
              success(wasmgate::sdk::received_grpc_message(size)->template proto<Response>());
            },
            std::move(failure)));
  }
  /// As above with one callback: Ok and the message, or the status and a default
  /// message.
  template <typename Response, typename Request>
  WasmResult grpcSimpleCall(std::string_view service, std::string_view service_name,
                            std::string_view method_name, const HeaderStringPairs& initial_metadata,
                            const Request& request, uint32_t timeout_milliseconds,
                            std::function<void(GrpcStatus, Response&&)> callback) {
    return grpcSimpleCall<Response>(service, service_name, method_name, initial_metadata, request,
                                    timeout_milliseconds,
                                    std::function<void(Response&&)>([callback](Response&& message) {
                                      callback(GrpcStatus::Ok, std::move(message));
                                    }),
                                    std::function<void(GrpcStatus)>([callback](GrpcStatus status) {
                                      callback(status, Response());
                                    }));
  }

  /// Starts a unary gRPC call whose answer goes to `handler`.
  template <typename Request>
  WasmResult grpcCallHandler(std::string_view service, std::string_view service_name,
                             std::string_view method_name,
                             const HeaderStringPairs& initial_metadata, const Request& request,
                             uint32_t timeout_milliseconds,
                             std::unique_ptr<GrpcCallHandlerBase> handler) {
    uint32_t token = 0;
    const WasmResult result = grpcCall(service, service_name, method_name, initial_metadata,
                                       request, timeout_milliseconds, &token);
    if (result == WasmResult::Ok) {
      keepGrpcCall(token, std::move(handler));
    }
    return result;
  }

  /// Opens a gRPC stream that `handler` sends on and receives from.
  template <typename T = void>
  WasmResult grpcStreamHandler(std::string_view service, std::string_view service_name,
                               std::string_view method_name,
                               const HeaderStringPairs& initial_metadata,
                               std::unique_ptr<GrpcStreamHandlerBase> handler) {
    uint32_t token = 0;
    const WasmResult result =
        grpcStream<T>(service, service_name, method_name, initial_metadata, &token);
    if (result == WasmResult::Ok) {
      keepGrpcStream(token, std::move(handler));
    }
    return result;
  }

  // These find the handler of a call; a class that overrides one calls the base's for the rest.
  void onHttpCallResponse(uint32_t token, uint32_t headers, size_t body_size,
                          uint32_t trailers) override;
  void onGrpcReceiveInitialMetadata(uint32_t token, uint32_t headers) override;
  void onGrpcReceive(uint32_t token, size_t body_size) override;
  void onGrpcReceiveTrailingMetadata(uint32_t token, uint32_t trailers) override;
  void onGrpcClose(uint32_t token, GrpcStatus status) override;

 private:
  friend class GrpcCallHandlerBase;
  friend class GrpcStreamHandlerBase;

  void keepGrpcCall(uint32_t token, std::unique_ptr<GrpcCallHandlerBase> handler);
  void keepGrpcStream(uint32_t token, std::unique_ptr<GrpcStreamHandlerBase> handler);

  const std::string root_id_;
  std::unordered_map<uint32_t, HttpCallCallback> http_calls_;
  std::unordered_map<uint32_t, std::unique_ptr<GrpcCallHandlerBase>> grpc_calls_;
  std::unordered_map<uint32_t, std::unique_ptr<GrpcStreamHandlerBase>> grpc_streams_;
};

/// One stream: an HTTP request with its response, or a TCP connection.
class Context : public ContextBase {
 public:
  Context(uint32_t id, RootContext* root) : ContextBase(id), root_(root) {}

  Context* asContext() override { return this; }
  RootContext* root() const { return root_; }

  // TCP.
  virtual FilterStatus onNewConnection() { return FilterStatus::Continue; }
  virtual FilterStatus onDownstreamData(size_t /*size*/, bool /*end_of_stream*/) {
    return FilterStatus::Continue;
  }
  virtual FilterStatus onUpstreamData(size_t /*size*/, bool /*end_of_stream*/) {
    return FilterStatus::Continue;
  }
  virtual void onDownstreamConnectionClose(CloseType /*type*/) {}
  virtual void onUpstreamConnectionClose(CloseType /*type*/) {}

  // HTTP. `body_size` counts everything held so far, this piece included.
  virtual FilterHeadersStatus onRequestHeaders(uint32_t /*headers*/, bool /*end_of_stream*/) {
    return FilterHeadersStatus::Continue;
  }
  virtual FilterMetadataStatus onRequestMetadata(uint32_t /*elements*/) {
    return FilterMetadataStatus::Continue;
  }
  virtual FilterDataStatus onRequestBody(size_t /*body_size*/, bool /*end_of_stream*/) {
    return FilterDataStatus::Continue;
  }
  virtual FilterTrailersStatus onRequestTrailers(uint32_t /*trailers*/) {
    return FilterTrailersStatus::Continue;
  }
  virtual FilterHeadersStatus onResponseHeaders(uint32_t /*headers*/, bool /*end_of_stream*/) {
    return FilterHeadersStatus::Continue;
  }
  virtual FilterMetadataStatus onResponseMetadata(uint32_t /*elements*/) {
    return FilterMetadataStatus::Continue;
  }
  virtual FilterDataStatus onResponseBody(size_t /*body_size*/, bool /*end_of_stream*/) {
    return FilterDataStatus::Continue;
  }
  virtual FilterTrailersStatus onResponseTrailers(uint32_t /*trailers*/) {
    return FilterTrailersStatus::Continue;
  }

  virtual void onDone() {}
  bool onDoneBase() override {
    onDone();
    return true;
  }
  /// The stream is complete: write access log lines and metrics here.
  virtual void onLog() {}

 private:
  RootContext* const root_;
};

/// The root context registered for `root_id`; null before the host has made it.
RootContext* getRoot(std::string_view root_id);
/// The living context with this id; null when there is none.
ContextBase* getContextBase(uint32_t context_id);
/// As `getContextBase`; null also when it is a root context.
Context* getContext(uint32_t context_id);
/// As `getContextBase`; null also when it is a stream context.
RootContext* getRootContext(uint32_t context_id);
