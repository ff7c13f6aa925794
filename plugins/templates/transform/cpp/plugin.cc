#include "plugin.h"

#include "common_util.h"
#include "config_reader.h"

static RegisterContextFactory register_plugin(CONTEXT_FACTORY(PluginContext),
                                              ROOT_FACTORY(PluginRoot));

bool PluginRoot::parsePluginConfig(const Json& object, PluginConfig& config) {
  wasmgate::sdk::ConfigReader reader(object);
  const Json* fields = reader.find("set");
  if (fields == nullptr || !fields->is_object() || fields->empty()) {
    reader.fail("set", "must be an object with fields");
  } else {
    config.fields = *fields;
  }
  return reader.ok() || configFailure(reader.error());
}

FilterHeadersStatus PluginContext::onRequestHeaders(uint32_t, bool end_of_stream) {
  const auto config = static_cast<PluginRoot*>(root())->holdMatchConfig().second;
  GET_HEADER_VIEW("content-type", content_type);
  const std::string type = Wasm::Common::toLower(content_type);
  if (config == nullptr || end_of_stream || type.find("application/json") != 0) {
    return FilterHeadersStatus::Continue;
  }
  config_ = config;
  removeRequestHeader("content-length");
  return FilterHeadersStatus::StopIteration;
}

FilterDataStatus PluginContext::onRequestBody(size_t body_size, bool end_of_stream) {
  if (config_ == nullptr) {
    return FilterDataStatus::Continue;
  }
  body_size_ = body_size;
  if (body_size > kBodyLimitBytes) {
    config_ = nullptr;
    sendLocalResponse(413, "body_too_large", "", {});
    return FilterDataStatus::StopIterationNoBuffer;
  }
  if (!end_of_stream) {
    return FilterDataStatus::StopIterationAndBuffer;
  }
  transformBody();
  return FilterDataStatus::Continue;
}

FilterTrailersStatus PluginContext::onRequestTrailers(uint32_t) {
  if (config_ != nullptr) {
    transformBody();
  }
  return FilterTrailersStatus::Continue;
}

void PluginContext::transformBody() {
  const auto config = std::move(config_);
  const WasmDataPtr bytes = getBufferBytes(WasmBufferType::HttpRequestBody, 0, body_size_);
  auto body = Wasm::Common::JsonParse(bytes->view());
  if (!body) {
    return;
  }
  for (const auto& [field, value] : config->fields.items()) {
    (*body)[field] = value;
  }
  using Json = Wasm::Common::JsonObject;
  const std::string text = body->dump(-1, ' ', false, Json::error_handler_t::replace);
  setBuffer(WasmBufferType::HttpRequestBody, 0, body_size_, text);
}
