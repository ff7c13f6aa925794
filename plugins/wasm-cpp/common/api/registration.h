// How a plug-in tells the SDK which classes to make.
//
//     static RegisterContextFactory register_Example(CONTEXT_FACTORY(ExampleContext),
//                                                    ROOT_FACTORY(ExampleRootContext), "root_id");
//
// The root id is the WasmPlugin's `pluginName`, empty when unset. A host that asks for an id nobody
// registered gets the only factory if there is just one; with several the SDK logs the ids it has
// and makes a root context that refuses to start.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>

#include "api/context.h"

using RootFactory =
    std::function<std::unique_ptr<RootContext>(uint32_t id, std::string_view root_id)>;
using ContextFactory = std::function<std::unique_ptr<Context>(uint32_t id, RootContext* root)>;

namespace wasmgate::sdk {

/// Factories that still know their class, so that the callbacks it overrides can be exported.
template <typename C>
struct TypedRootFactory {
  std::unique_ptr<RootContext> operator()(uint32_t id, std::string_view root_id) const {
    return std::make_unique<C>(id, root_id);
  }
};
template <typename C>
struct TypedContextFactory {
  std::unique_ptr<Context> operator()(uint32_t id, RootContext* root) const {
    return std::make_unique<C>(id, root);
  }
};

void register_factories(std::string_view root_id, RootFactory root, ContextFactory context);

// Overrides_x<C>: false only when C visibly inherits x from the SDK's own class. A private or
// overloaded x cannot be looked at and counts as overridden.
#define WASMGATE_OVERRIDES(function, base)                                                    \
  template <typename C, typename = void>                                                      \
  struct Overrides_##function : std::true_type {};                                            \
  template <typename C>                                                                       \
  struct Overrides_##function<                                                                \
      C, std::enable_if_t<std::is_same_v<decltype(&C::function), decltype(&base::function)>>> \
      : std::false_type {};

WASMGATE_OVERRIDES(onStart, RootContext)
WASMGATE_OVERRIDES(validateConfiguration, RootContext)
WASMGATE_OVERRIDES(onConfigure, RootContext)
WASMGATE_OVERRIDES(onTick, RootContext)
WASMGATE_OVERRIDES(onQueueReady, RootContext)
WASMGATE_OVERRIDES(onForeignFunction, ContextBase)
WASMGATE_OVERRIDES(onHttpCallResponse, RootContext)
WASMGATE_OVERRIDES(onGrpcReceiveInitialMetadata, RootContext)
WASMGATE_OVERRIDES(onGrpcReceive, RootContext)
WASMGATE_OVERRIDES(onGrpcReceiveTrailingMetadata, RootContext)
WASMGATE_OVERRIDES(onGrpcClose, RootContext)
WASMGATE_OVERRIDES(onNewConnection, Context)
WASMGATE_OVERRIDES(onDownstreamData, Context)
WASMGATE_OVERRIDES(onUpstreamData, Context)
WASMGATE_OVERRIDES(onDownstreamConnectionClose, Context)
WASMGATE_OVERRIDES(onUpstreamConnectionClose, Context)
WASMGATE_OVERRIDES(onRequestHeaders, Context)
WASMGATE_OVERRIDES(onRequestMetadata, Context)
WASMGATE_OVERRIDES(onRequestBody, Context)
WASMGATE_OVERRIDES(onRequestTrailers, Context)
WASMGATE_OVERRIDES(onResponseHeaders, Context)
WASMGATE_OVERRIDES(onResponseMetadata, Context)
WASMGATE_OVERRIDES(onResponseBody, Context)
WASMGATE_OVERRIDES(onResponseTrailers, Context)
WASMGATE_OVERRIDES(onLog, Context)
#undef WASMGATE_OVERRIDES

// One line per callback: when the class overrides it (or nothing is known: C is void), export it.
#define WASMGATE_EXPORT_IF(known_class, function, callback)        \
  if constexpr (std::is_void_v<known_class>) {                     \
    export_##callback<AlwaysVoid<C>>();                            \
  } else if constexpr (Overrides_##function<known_class>::value) { \
    export_##callback<AlwaysVoid<C>>();                            \
  }

/// Exports the callbacks of a root class. `void`: all of them.
template <typename C>
void export_root_callbacks() {
  WASMGATE_EXPORT_IF(C, onStart, vm_start)
  WASMGATE_EXPORT_IF(C, validateConfiguration, validate_configuration)
  WASMGATE_EXPORT_IF(C, onConfigure, configure)
  WASMGATE_EXPORT_IF(C, onTick, tick)
  WASMGATE_EXPORT_IF(C, onQueueReady, queue_ready)
  WASMGATE_EXPORT_IF(C, onForeignFunction, foreign_function)
  WASMGATE_EXPORT_IF(C, onHttpCallResponse, http_call_response)
  WASMGATE_EXPORT_IF(C, onGrpcReceiveInitialMetadata, grpc_initial_metadata)
  WASMGATE_EXPORT_IF(C, onGrpcReceive, grpc_receive)
  WASMGATE_EXPORT_IF(C, onGrpcReceiveTrailingMetadata, grpc_trailing_metadata)
  WASMGATE_EXPORT_IF(C, onGrpcClose, grpc_close)
}

/// Exports the callbacks of a stream class. `void`: all of them.
template <typename C>
void export_context_callbacks() {
  WASMGATE_EXPORT_IF(C, onNewConnection, new_connection)
  WASMGATE_EXPORT_IF(C, onDownstreamData, downstream_data)
  WASMGATE_EXPORT_IF(C, onUpstreamData, upstream_data)
  WASMGATE_EXPORT_IF(C, onDownstreamConnectionClose, downstream_close)
  WASMGATE_EXPORT_IF(C, onUpstreamConnectionClose, upstream_close)
  WASMGATE_EXPORT_IF(C, onRequestHeaders, request_headers)
  WASMGATE_EXPORT_IF(C, onRequestMetadata, request_metadata)
  WASMGATE_EXPORT_IF(C, onRequestBody, request_body)
  WASMGATE_EXPORT_IF(C, onRequestTrailers, request_trailers)
  WASMGATE_EXPORT_IF(C, onResponseHeaders, response_headers)
  WASMGATE_EXPORT_IF(C, onResponseMetadata, response_metadata)
  WASMGATE_EXPORT_IF(C, onResponseBody, response_body)
  WASMGATE_EXPORT_IF(C, onResponseTrailers, response_trailers)
  WASMGATE_EXPORT_IF(C, onLog, log)
}
#undef WASMGATE_EXPORT_IF

/// True when `C` overrides onDone or onDoneBase (a class that is not known does).
template <typename C, typename Base, typename = void>
struct UsesDone : std::true_type {};
template <typename C, typename Base>
struct UsesDone<
    C, Base,
    std::enable_if_t<std::is_same_v<decltype(&C::onDone), decltype(&Base::onDone)> &&
                     std::is_same_v<decltype(&C::onDoneBase), decltype(&Base::onDoneBase)>>>
    : std::false_type {};

template <typename C, typename Base>
void export_callbacks() {
  if constexpr (std::is_same_v<Base, RootContext>) {
    export_root_callbacks<C>();
  } else {
    export_context_callbacks<C>();
  }
  if constexpr (UsesDone<C, Base>::value) {
    export_done<AlwaysVoid<C>>();
  }
}

}  // namespace wasmgate::sdk

#define ROOT_FACTORY(_class) (::wasmgate::sdk::TypedRootFactory<_class>{})
#define CONTEXT_FACTORY(_class) (::wasmgate::sdk::TypedContextFactory<_class>{})

/// Registers the factories of one root id; objects of this class are namespace-scope statics.
struct RegisterContextFactory {
  template <typename C, typename R>
  RegisterContextFactory(wasmgate::sdk::TypedContextFactory<C> context,
                         wasmgate::sdk::TypedRootFactory<R> root, std::string_view root_id = "") {
    wasmgate::sdk::export_callbacks<C, Context>();
    wasmgate::sdk::export_callbacks<R, RootContext>();
    wasmgate::sdk::register_factories(root_id, root, context);
  }
  template <typename R>
  explicit RegisterContextFactory(wasmgate::sdk::TypedRootFactory<R> root,
                                  std::string_view root_id = "") {
    wasmgate::sdk::export_callbacks<R, RootContext>();
    wasmgate::sdk::register_factories(root_id, root, nullptr);
  }
  template <typename C>
  explicit RegisterContextFactory(wasmgate::sdk::TypedContextFactory<C> context,
                                  std::string_view root_id = "") {
    wasmgate::sdk::export_callbacks<C, Context>();
    wasmgate::sdk::register_factories(root_id, nullptr, context);
  }
  /// Factories whose class is not known: every callback is exported.
  template <typename T = void>
  RegisterContextFactory(ContextFactory context, RootFactory root, std::string_view root_id = "") {
    wasmgate::sdk::export_callbacks<T, Context>();
    wasmgate::sdk::export_callbacks<T, RootContext>();
    wasmgate::sdk::register_factories(root_id, std::move(root), std::move(context));
  }
  template <typename T = void>
  explicit RegisterContextFactory(RootFactory root, std::string_view root_id = "") {
    wasmgate::sdk::export_callbacks<T, RootContext>();
    wasmgate::sdk::register_factories(root_id, std::move(root), nullptr);
  }
  template <typename T = void>
  explicit RegisterContextFactory(ContextFactory context, std::string_view root_id = "") {
    wasmgate::sdk::export_callbacks<T, Context>();
    wasmgate::sdk::register_factories(root_id, nullptr, std::move(context));
  }
};
