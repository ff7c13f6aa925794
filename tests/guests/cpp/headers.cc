// Looks at every request header, answers /hello itself, and marks responses.

#include <string>
#include <string_view>

#include "proxy_wasm_intrinsics.h"

class HeadersContext : public Context {
 public:
  explicit HeadersContext(uint32_t id, RootContext* root) : Context(id, root) {}

  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
  FilterHeadersStatus onResponseHeaders(uint32_t headers, bool end_of_stream) override;
  void onLog() override { LOG_INFO("#" + std::to_string(id()) + " completed."); }
};

static RegisterContextFactory register_HeadersContext(CONTEXT_FACTORY(HeadersContext));

FilterHeadersStatus HeadersContext::onRequestHeaders(uint32_t, bool) {
  const auto result = getRequestHeaderPairs();
  for (const auto& [name, value] : result->pairs()) {
    LOG_INFO("#" + std::to_string(id()) + " -> " + std::string(name) + ": " + std::string(value));
  }
  if (getRequestHeader(":path")->view() == "/hello") {
    sendLocalResponse(200, "", "Hello from a stranger!\n", {{"x-from", "stranger"}});
    return FilterHeadersStatus::StopIteration;
  }
  return FilterHeadersStatus::Continue;
}

FilterHeadersStatus HeadersContext::onResponseHeaders(uint32_t, bool) {
  addResponseHeader("x-stranger", "was-here");
  removeResponseHeader("server");
  return FilterHeadersStatus::Continue;
}
