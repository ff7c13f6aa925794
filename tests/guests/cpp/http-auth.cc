// Asks a service whether a request may go on.
//
// The plug-in's configuration is {"cluster": "name of the service's cluster"}. An even first byte
// in the answer lets the request go on, anything else is 403; a call that cannot be made is 503.

#include <string>
#include <string_view>

#include "proxy_wasm_intrinsics.h"

class AuthRoot : public RootContext {
 public:
  explicit AuthRoot(uint32_t id, std::string_view root_id) : RootContext(id, root_id) {}

  bool onConfigure(size_t size) override {
    const std::string text =
        getBufferBytes(WasmBufferType::PluginConfiguration, 0, size)->toString();
    const size_t end = text.rfind('"');
    const size_t begin =
        end == std::string::npos || end == 0 ? std::string::npos : text.rfind('"', end - 1);
    if (begin == std::string::npos) {
      LOG_ERROR("the configuration names no cluster");
      return false;
    }
    cluster = text.substr(begin + 1, end - begin - 1);
    return true;
  }

  std::string cluster;
};

class AuthContext : public Context {
 public:
  explicit AuthContext(uint32_t id, RootContext* root) : Context(id, root) {}

  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
  FilterHeadersStatus onResponseHeaders(uint32_t, bool) override {
    replaceResponseHeader("x-auth", "asked");
    return FilterHeadersStatus::Continue;
  }

 private:
  void onAnswer(size_t body_size);
};

static RegisterContextFactory register_AuthContext(CONTEXT_FACTORY(AuthContext),
                                                   ROOT_FACTORY(AuthRoot), "http_auth");

FilterHeadersStatus AuthContext::onRequestHeaders(uint32_t, bool) {
  const uint32_t context_id = id();
  const auto callback = [context_id](uint32_t, size_t body_size, uint32_t) {
    // The stream may be gone.
    if (auto* context = static_cast<AuthContext*>(getContext(context_id))) {
      context->setEffectiveContext();
      context->onAnswer(body_size);
    }
  };
  HeaderStringPairs headers{{":method", "GET"}, {":path", "/bytes/1"}, {":authority", "auth.test"}};
  auto* root_context = dynamic_cast<AuthRoot*>(root());
  if (root_context->httpCall(root_context->cluster, headers, "", {}, 1000, callback) !=
      WasmResult::Ok) {
    sendLocalResponse(503, "", "Nobody can be asked.\n", {});
  }
  return FilterHeadersStatus::StopIteration;
}

void AuthContext::onAnswer(size_t body_size) {
  const auto body = getBufferBytes(WasmBufferType::HttpCallResponseBody, 0, body_size);
  if (body->size() > 0 && body->data()[0] % 2 == 0) {
    LOG_INFO("Access granted.");
    continueRequest();
    return;
  }
  LOG_INFO("Access forbidden.");
  sendLocalResponse(403, "", "Access forbidden.\n", {{"x-auth", "refused"}});
}
