// The living contexts of this VM and the callbacks that reach them (api/dispatch.h).

#include "api/dispatch.h"

#include <map>
#include <string>

#include "id_table.h"
#include "proxy_wasm_intrinsics.h"

namespace wasmgate::sdk {
namespace {

struct Factories {
  RootFactory root;
  ContextFactory context;
};

// Registration runs from static constructors of any file, so these are made on first use.
std::map<std::string, Factories, std::less<>>& factories() {
  static std::map<std::string, Factories, std::less<>> by_root_id;
  return by_root_id;
}
struct Living {
  std::unique_ptr<ContextBase> context;
  const Factories* factories;  // of its root id; null: none fits
};

IdTable<Living>& contexts() {
  static IdTable<Living> by_id;
  return by_id;
}

/// Refuses to start: made when the host's root id fits no registered factory.
class UnknownRootContext : public RootContext {
 public:
  using RootContext::RootContext;
  bool onStart(size_t) override { return false; }
  bool onConfigure(size_t) override { return false; }
};

/// The factories for `root_id`: those registered under it, else the only ones.
const Factories* find_factories(std::string_view root_id) {
  const auto exact = factories().find(root_id);
  if (exact != factories().end()) {
    return &exact->second;
  }
  if (factories().size() == 1) {
    return &factories().begin()->second;
  }
  std::string known;
  for (const auto& entry : factories()) {
    known += " \"" + entry.first + "\"";
  }
  logError("no plug-in is registered for root id \"" + std::string(root_id) + "\"; known:" + known);
  return nullptr;
}

Living make_root(uint32_t id) {
  const auto property = getProperty<std::string_view>({"plugin_root_id"});
  const std::string root_id = property ? (*property)->toString() : std::string();
  const Factories* found = find_factories(root_id);
  if (found == nullptr) {
    // Its refusal must reach the host, so the callback that refuses has to exist.
    export_vm_start();
    return {std::make_unique<UnknownRootContext>(id, root_id), nullptr};
  }
  return {found->root ? found->root(id, root_id) : std::make_unique<RootContext>(id, root_id),
          found};
}

Living make_stream(uint32_t id, RootContext* root, const Factories* factories) {
  const bool has_own = factories != nullptr && factories->context;
  return {has_own ? factories->context(id, root) : std::make_unique<Context>(id, root), factories};
}

template <typename T>
T* logged(T* context, uint32_t id) {
  if (context == nullptr) {
    logError("the host called a context that does not exist: " + std::to_string(id));
  }
  return context;
}
RootContext* root_of(uint32_t id) { return logged(getRootContext(id), id); }
Context* stream_of(uint32_t id) { return logged(getContext(id), id); }

}  // namespace

void register_factories(std::string_view root_id, RootFactory root, ContextFactory context) {
  factories()[std::string(root_id)] = {std::move(root), std::move(context)};
}

namespace dispatch {

void context_create(uint32_t id, uint32_t parent_id) {
  Living made{};
  if (parent_id == 0) {
    made = make_root(id);
  } else if (RootContext* root = root_of(parent_id)) {
    made = make_stream(id, root, contexts().find(parent_id)->factories);
  } else {
    return;
  }
  ContextBase* context = made.context.get();
  contexts().insert(id, std::move(made));
  context->onCreate();
}

void context_delete(uint32_t id) {
  if (ContextBase* context = getContextBase(id)) {
    context->onDelete();
    contexts().remove(id);
  }
}

uint32_t vm_start(uint32_t id, uint32_t size) {
  RootContext* root = root_of(id);
  return root == nullptr || root->onStart(size);
}
uint32_t validate_configuration(uint32_t id, uint32_t size) {
  RootContext* root = root_of(id);
  return root == nullptr || root->validateConfiguration(size);
}
uint32_t configure(uint32_t id, uint32_t size) {
  RootContext* root = root_of(id);
  return root == nullptr || root->onConfigure(size);
}
void tick(uint32_t id) {
  if (RootContext* root = root_of(id)) {
    root->onTick();
  }
}
void queue_ready(uint32_t id, uint32_t token) {
  if (RootContext* root = root_of(id)) {
    root->onQueueReady(token);
  }
}
void foreign_function(uint32_t id, uint32_t function, uint32_t size) {
  if (RootContext* root = root_of(id)) {
    root->onForeignFunction(function, size);
  }
}

uint32_t new_connection(uint32_t id) {
  Context* stream = stream_of(id);
  return stream == nullptr ? 0 : static_cast<uint32_t>(stream->onNewConnection());
}
uint32_t downstream_data(uint32_t id, uint32_t size, uint32_t end_of_stream) {
  Context* stream = stream_of(id);
  return stream == nullptr
             ? 0
             : static_cast<uint32_t>(stream->onDownstreamData(size, end_of_stream != 0));
}
uint32_t upstream_data(uint32_t id, uint32_t size, uint32_t end_of_stream) {
  Context* stream = stream_of(id);
  return stream == nullptr
             ? 0
             : static_cast<uint32_t>(stream->onUpstreamData(size, end_of_stream != 0));
}
void downstream_close(uint32_t id, uint32_t type) {
  if (Context* stream = stream_of(id)) {
    stream->onDownstreamConnectionClose(static_cast<CloseType>(type));
  }
}
void upstream_close(uint32_t id, uint32_t type) {
  if (Context* stream = stream_of(id)) {
    stream->onUpstreamConnectionClose(static_cast<CloseType>(type));
  }
}

uint32_t request_headers(uint32_t id, uint32_t count, uint32_t end_of_stream) {
  Context* stream = stream_of(id);
  return stream == nullptr
             ? 0
             : static_cast<uint32_t>(stream->onRequestHeaders(count, end_of_stream != 0));
}
uint32_t request_metadata(uint32_t id, uint32_t count) {
  Context* stream = stream_of(id);
  return stream == nullptr ? 0 : static_cast<uint32_t>(stream->onRequestMetadata(count));
}
uint32_t request_body(uint32_t id, uint32_t size, uint32_t end_of_stream) {
  Context* stream = stream_of(id);
  return stream == nullptr ? 0
                           : static_cast<uint32_t>(stream->onRequestBody(size, end_of_stream != 0));
}
uint32_t request_trailers(uint32_t id, uint32_t count) {
  Context* stream = stream_of(id);
  return stream == nullptr ? 0 : static_cast<uint32_t>(stream->onRequestTrailers(count));
}
uint32_t response_headers(uint32_t id, uint32_t count, uint32_t end_of_stream) {
  Context* stream = stream_of(id);
  return stream == nullptr
             ? 0
             : static_cast<uint32_t>(stream->onResponseHeaders(count, end_of_stream != 0));
}
uint32_t response_metadata(uint32_t id, uint32_t count) {
  Context* stream = stream_of(id);
  return stream == nullptr ? 0 : static_cast<uint32_t>(stream->onResponseMetadata(count));
}
uint32_t response_body(uint32_t id, uint32_t size, uint32_t end_of_stream) {
  Context* stream = stream_of(id);
  return stream == nullptr
             ? 0
             : static_cast<uint32_t>(stream->onResponseBody(size, end_of_stream != 0));
}
uint32_t response_trailers(uint32_t id, uint32_t count) {
  Context* stream = stream_of(id);
  return stream == nullptr ? 0 : static_cast<uint32_t>(stream->onResponseTrailers(count));
}

void http_call_response(uint32_t id, uint32_t token, uint32_t headers, uint32_t size,
                        uint32_t trailers) {
  if (ContextBase* context = logged(getContextBase(id), id)) {
    context->onHttpCallResponse(token, headers, size, trailers);
  }
}
void grpc_initial_metadata(uint32_t id, uint32_t token, uint32_t headers) {
  if (ContextBase* context = logged(getContextBase(id), id)) {
    context->onGrpcReceiveInitialMetadata(token, headers);
  }
}
void grpc_receive(uint32_t id, uint32_t token, uint32_t size) {
  if (ContextBase* context = logged(getContextBase(id), id)) {
    context->onGrpcReceive(token, size);
  }
}
void grpc_trailing_metadata(uint32_t id, uint32_t token, uint32_t trailers) {
  if (ContextBase* context = logged(getContextBase(id), id)) {
    context->onGrpcReceiveTrailingMetadata(token, trailers);
  }
}
void grpc_close(uint32_t id, uint32_t token, uint32_t status) {
  if (ContextBase* context = logged(getContextBase(id), id)) {
    context->onGrpcClose(token, static_cast<GrpcStatus>(status));
  }
}

uint32_t done(uint32_t id) {
  ContextBase* context = getContextBase(id);
  return context == nullptr || context->onDoneBase();
}
void log(uint32_t id) {
  if (Context* stream = stream_of(id)) {
    stream->onLog();
  }
}

}  // namespace dispatch
}  // namespace wasmgate::sdk

ContextBase* getContextBase(uint32_t context_id) {
  const auto* found = wasmgate::sdk::contexts().find(context_id);
  return found == nullptr ? nullptr : found->context.get();
}
Context* getContext(uint32_t context_id) {
  ContextBase* context = getContextBase(context_id);
  return context == nullptr ? nullptr : context->asContext();
}
RootContext* getRootContext(uint32_t context_id) {
  ContextBase* context = getContextBase(context_id);
  return context == nullptr ? nullptr : context->asRoot();
}
RootContext* getRoot(std::string_view root_id) {
  RootContext* found = nullptr;
  wasmgate::sdk::contexts().visit_until([&](const auto& living) {
    RootContext* root = living.context->asRoot();
    found = root != nullptr && root->root_id() == root_id ? root : nullptr;
    return found != nullptr;
  });
  return found;
}
