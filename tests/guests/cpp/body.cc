// Holds response bodies and takes out those that mention a secret.

#include <string>
#include <string_view>

#include "proxy_wasm_intrinsics.h"

class BodyContext : public Context {
 public:
  explicit BodyContext(uint32_t id, RootContext* root) : Context(id, root) {}

  FilterHeadersStatus onResponseHeaders(uint32_t, bool) override {
    // The body's length may change.
    removeResponseHeader("content-length");
    return FilterHeadersStatus::Continue;
  }

  FilterDataStatus onResponseBody(size_t body_size, bool end_of_stream) override {
    if (!end_of_stream) {
      return FilterDataStatus::StopIterationAndBuffer;
    }
    const WasmDataPtr body = getBufferBytes(WasmBufferType::HttpResponseBody, 0, body_size);
    if (body->view().find("secret") != std::string_view::npos) {
      setBuffer(WasmBufferType::HttpResponseBody, 0, body_size,
                "A body of " + std::to_string(body_size) + " bytes was taken out.\n");
    }
    return FilterDataStatus::Continue;
  }
};

static RegisterContextFactory register_BodyContext(CONTEXT_FACTORY(BodyContext),
                                                   ROOT_FACTORY(RootContext));
