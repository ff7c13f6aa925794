#include "plugin.h"

#include "common_util.h"
#include "config_reader.h"
#include "json_splice.h"

static RegisterContextFactory register_ModelRouter(CONTEXT_FACTORY(ModelRouterContext),
                                                   ROOT_FACTORY(ModelRouterRootContext));

bool ModelRouterRootContext::parsePluginConfig(const Json& object, ModelRouterConfig& config) {
  wasmgate::sdk::ConfigReader reader(object);
  reader.read("modelKey", config.model_key)
      .read("addProviderHeader", config.provider_header)
      .read("modelToHeader", config.model_header);
  if (config.model_key.empty()) {
    reader.fail("modelKey", "must not be empty");
  }
  wasmgate::sdk::read_path_suffixes(reader, config.path_suffixes);
  return reader.ok() || configFailure(reader.error());
}

FilterHeadersStatus ModelRouterContext::onRequestHeaders(uint32_t, bool end_of_stream) {
  auto* root = static_cast<ModelRouterRootContext*>(this->root());
  const auto config = root->holdMatchConfig().second;
  if (config == nullptr || end_of_stream ||
      (config->provider_header.empty() && config->model_header.empty()) ||
      !wasmgate::sdk::path_has_suffix(config->path_suffixes)) {
    return FilterHeadersStatus::Continue;
  }
  const WasmDataPtr content_type = getRequestHeader("content-type");
  if (const auto boundary = multipartBoundary(content_type->view())) {
    form_ = std::make_unique<MultipartScanner>(*boundary, config->model_key);
  } else if (Wasm::Common::toLower(content_type->view()).find("application/json") ==
             std::string::npos) {
    return FilterHeadersStatus::Continue;
  }
  config_ = config;
  root->recycler().count_request();
  wasmgate::sdk::prepare_for_body();
  return FilterHeadersStatus::StopIteration;
}

FilterDataStatus ModelRouterContext::onRequestBody(size_t body_size, bool end_of_stream) {
  if (config_ == nullptr) {
    return FilterDataStatus::Continue;
  }
  body_size_ = body_size;
  if (body_size > wasmgate::sdk::kModelBodyLimitBytes) {
    wasmgate::sdk::refuse_large_body();
    config_ = nullptr;
    return FilterDataStatus::StopIterationNoBuffer;
  }
  const bool done = form_ != nullptr && scanForm();
  if (!done && !end_of_stream) {
    return FilterDataStatus::StopIterationAndBuffer;
  }
  if (form_ == nullptr) {
    routeJson();
  }
  config_ = nullptr;
  return FilterDataStatus::Continue;
}

FilterTrailersStatus ModelRouterContext::onRequestTrailers(uint32_t) {
  if (config_ != nullptr && form_ == nullptr) {
    routeJson();
  }
  config_ = nullptr;
  return FilterTrailersStatus::Continue;
}

bool ModelRouterContext::scanForm() {
  const size_t from = form_->position();
  const WasmDataPtr data = getBufferBytes(WasmBufferType::HttpRequestBody, from, body_size_ - from);
  const MultipartScanner::Result result = form_->scan(data->view());
  if (result == MultipartScanner::Result::Found) {
    if (const auto model = route(form_->value())) {
      // The whole of what is held is written again, because not every host edits inside a body.
      std::string body = getBufferBytes(WasmBufferType::HttpRequestBody, 0, body_size_)->toString();
      body.replace(form_->valueBegin(), form_->value().size(), *model);
      setBuffer(WasmBufferType::HttpRequestBody, 0, body_size_, body);
    }
  }
  return result != MultipartScanner::Result::NeedMore;
}

void ModelRouterContext::routeJson() {
  const WasmDataPtr body = getBufferBytes(WasmBufferType::HttpRequestBody, 0, body_size_);
  const auto document = wasmgate::sdk::JsonSplice::parse(body->view(), config_->model_key);
  const auto model = document ? document->string_value() : std::nullopt;
  if (!model) {
    return;
  }
  if (const auto changed = route(*model)) {
    setBuffer(WasmBufferType::HttpRequestBody, 0, body_size_, document->with_string(*changed));
  }
}

std::optional<std::string> ModelRouterContext::route(const std::string& model) const {
  if (!config_->model_header.empty()) {
    replaceRequestHeader(config_->model_header, model);
  }
  const size_t slash = model.find('/');
  if (config_->provider_header.empty() || slash == std::string::npos) {
    return std::nullopt;
  }
  replaceRequestHeader(config_->provider_header, model.substr(0, slash));
  return model.substr(slash + 1);
}
