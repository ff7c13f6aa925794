// Puts its configuration, a text, into a response header.

#include <string>
#include <string_view>

#include "proxy_wasm_intrinsics.h"

class ConfigurationRoot : public RootContext {
 public:
  explicit ConfigurationRoot(uint32_t id, std::string_view root_id) : RootContext(id, root_id) {}

  bool onConfigure(size_t size) override {
    text_ = getBufferBytes(WasmBufferType::PluginConfiguration, 0, size)->toString();
    return true;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class ConfigurationContext : public Context {
 public:
  explicit ConfigurationContext(uint32_t id, RootContext* root) : Context(id, root) {}

  FilterHeadersStatus onResponseHeaders(uint32_t, bool) override {
    addResponseHeader("x-configured", dynamic_cast<ConfigurationRoot*>(root())->text());
    return FilterHeadersStatus::Continue;
  }
};

static RegisterContextFactory register_Configuration(CONTEXT_FACTORY(ConfigurationContext),
                                                     ROOT_FACTORY(ConfigurationRoot), "");
