// model_router: makes the model named in a request's body a header that routes can match on.
//
// JSON bodies are read whole; of multipart forms only as much as is needed to see the model field.
// The headers are held until then; changing them makes the gateway choose the route again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model_request.h"
#include "multipart.h"
#include "route_rule_matcher.h"

struct ModelRouterConfig {
  std::string model_key = "model";
  std::string provider_header;  // addProviderHeader; empty: none
  std::string model_header;     // modelToHeader; empty: none
  std::vector<std::string> path_suffixes = wasmgate::sdk::default_model_path_suffixes();
};

class ModelRouterRootContext : public RootContext, public RouteRuleMatcher<ModelRouterConfig> {
 public:
  using RootContext::RootContext;
  bool onConfigure(size_t size) override { return configureRules(size); }
  wasmgate::sdk::VmRecycler& recycler() { return recycler_; }

 private:
  bool parsePluginConfig(const Json& object, ModelRouterConfig& config) override;

  wasmgate::sdk::VmRecycler recycler_;
};

class ModelRouterContext : public Context {
 public:
  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
  FilterDataStatus onRequestBody(size_t body_size, bool end_of_stream) override;
  FilterTrailersStatus onRequestTrailers(uint32_t trailers) override;

 private:
  /// Looks at what has arrived of a form. True: nothing more is needed.
  bool scanForm();
  void routeJson();
  /// Sets the headers. Returns the model for upstream when it has to change.
  std::optional<std::string> route(const std::string& model) const;

  std::shared_ptr<const ModelRouterConfig> config_;  // set while a body is awaited
  std::unique_ptr<MultipartScanner> form_;           // null: JSON
  size_t body_size_ = 0;
};
