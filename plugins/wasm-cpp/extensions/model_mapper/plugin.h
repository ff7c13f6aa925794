// model_mapper: changes the model named in JSON requests to model APIs.
//
// Only the value of the model key changes; the rest of the document keeps its bytes. Without a
// body, on other paths and for other content types the request is not touched.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model_request.h"
#include "route_rule_matcher.h"

struct ModelMapperConfig {
  /// The model to send instead of `model` (nothing given: of a request without one); nothing: keep
  /// it.
  std::optional<std::string> map(const std::optional<std::string>& model) const;
  bool empty() const { return exact.empty() && prefixes.empty() && !fallback; }

  std::string model_key = "model";
  std::vector<std::string> path_suffixes = wasmgate::sdk::default_model_path_suffixes();
  std::unordered_map<std::string, std::string> exact;
  std::vector<std::pair<std::string, std::string>> prefixes;  // longest first
  std::optional<std::string> fallback;
};

class ModelMapperRootContext : public RootContext, public RouteRuleMatcher<ModelMapperConfig> {
 public:
  using RootContext::RootContext;
  bool onConfigure(size_t size) override { return configureRules(size); }
  wasmgate::sdk::VmRecycler& recycler() { return recycler_; }

 private:
  bool parsePluginConfig(const Json& object, ModelMapperConfig& config) override;

  wasmgate::sdk::VmRecycler recycler_;
};

class ModelMapperContext : public Context {
 public:
  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
  FilterDataStatus onRequestBody(size_t body_size, bool end_of_stream) override;
  FilterTrailersStatus onRequestTrailers(uint32_t trailers) override;

 private:
  void mapBody();

  std::shared_ptr<const ModelMapperConfig> config_;  // set while a body is awaited
  size_t body_size_ = 0;
};
