// Asks a gRPC service whether a gRPC request may go on; other requests are let through.
//
// The plug-in's configuration is {"cluster": "name of the service's cluster"}. An answer with
// status 0 lets the request go on, anything else is the gRPC status ABORTED. The answer is read as
// a message by a handler of its own; a second, simple call tells the service how it ended.

#include <memory>
#include <string>
#include <string_view>

#include "proxy_wasm_intrinsics.h"

// As protobuf's generated classes: a message that is its bytes.
class Verdict {
 public:
  bool ParseFromArray(const void* data, int size) {
    bytes_.assign(static_cast<const char*>(data), static_cast<size_t>(size));
    return true;
  }
  bool SerializeToString(std::string* out) const {
    *out = bytes_;
    return true;
  }
  void set_bytes(std::string bytes) { bytes_ = std::move(bytes); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class AuthRoot : public RootContext {
 public:
  explicit AuthRoot(uint32_t id, std::string_view root_id) : RootContext(id, root_id) {}

  bool onConfigure(size_t size) override {
    const std::string text =
        getBufferBytes(WasmBufferType::PluginConfiguration, 0, size)->toString();
    const size_t end = text.rfind('"');
    const size_t begin =
        end == std::string::npos || end == 0 ? std::string::npos : text.rfind('"', end - 1);
    if (begin != std::string::npos) {
      cluster = text.substr(begin + 1, end - begin - 1);
    }
    return !cluster.empty();
  }

  std::string cluster;
};

class AuthContext : public Context {
 public:
  explicit AuthContext(uint32_t id, RootContext* root) : Context(id, root) {}

  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
  void granted(const Verdict& verdict);
  void refused(GrpcStatus status);
  AuthRoot* auth_root() { return dynamic_cast<AuthRoot*>(root()); }
};

static RegisterContextFactory register_AuthContext(CONTEXT_FACTORY(AuthContext),
                                                   ROOT_FACTORY(AuthRoot));

class CheckHandler : public GrpcCallHandler<Verdict> {
 public:
  explicit CheckHandler(uint32_t context_id) : context_id_(context_id) {}

  void onSuccess(size_t body_size) override {
    const WasmDataPtr body = getBufferBytes(WasmBufferType::GrpcReceiveBuffer, 0, body_size);
    if (auto* context = stream()) {
      context->granted(body->proto<Verdict>());
    }
  }
  void onFailure(GrpcStatus status) override {
    if (auto* context = stream()) {
      context->refused(status);
    }
  }

 private:
  AuthContext* stream() {
    Context* context = getContext(context_id_);
    if (context == nullptr) {
      return nullptr;
    }
    context->setEffectiveContext();
    return static_cast<AuthContext*>(context);
  }

  uint32_t context_id_;
};

FilterHeadersStatus AuthContext::onRequestHeaders(uint32_t, bool) {
  if (!getRequestHeader("content-type")->view().starts_with("application/grpc")) {
    return FilterHeadersStatus::Continue;
  }
  Verdict question;
  question.set_bytes("may I?");
  HeaderStringPairs initial_metadata;
  initial_metadata.push_back({"x-asked-by", "stranger"});
  auto handler = std::unique_ptr<GrpcCallHandlerBase>(new CheckHandler(id()));
  if (root()->grpcCallHandler(auth_root()->cluster, "auth.Auth", "Check", initial_metadata,
                              question, 1000, std::move(handler)) != WasmResult::Ok) {
    sendLocalResponse(503, "", "Nobody can be asked.", {}, GrpcStatus::Unavailable);
  }
  return FilterHeadersStatus::StopAllIterationAndWatermark;
}

void AuthContext::granted(const Verdict& verdict) {
  LOG_INFO("Access granted.");
  addRequestHeader("x-verdict", std::to_string(verdict.bytes().size()));
  const uint32_t context_id = id();
  const auto go_on = [context_id] {
    if (Context* context = getContext(context_id)) {
      context->setEffectiveContext();
      continueRequest();
    }
  };
  root()->grpcSimpleCall(
      auth_root()->cluster, "auth.Auth", "Told", {}, std::string_view("granted"), 1000,
      [go_on](size_t) { go_on(); }, [go_on](GrpcStatus) { go_on(); });
}

void AuthContext::refused(GrpcStatus status) {
  LOG_INFO("Access forbidden: " + std::to_string(static_cast<int>(status)) + ".");
  sendLocalResponse(403, "", "Aborted by the gateway.", {{"x-auth", "refused"}},
                    GrpcStatus::Aborted);
}
