#include "plugin.h"

#include <algorithm>

#include "common_util.h"
#include "config_reader.h"
#include "json_splice.h"

static RegisterContextFactory register_ModelMapper(CONTEXT_FACTORY(ModelMapperContext),
                                                   ROOT_FACTORY(ModelMapperRootContext));

namespace {
using wasmgate::sdk::ConfigReader;
}  // namespace

bool ModelMapperRootContext::parsePluginConfig(const Json& object, ModelMapperConfig& config) {
  ConfigReader reader(object);
  reader.read("modelKey", config.model_key);
  if (config.model_key.empty()) {
    reader.fail("modelKey", "must not be empty");
  }
  wasmgate::sdk::read_path_suffixes(reader, config.path_suffixes);
  const auto* mapping = reader.find("modelMapping");
  if (mapping != nullptr && !mapping->is_object()) {
    reader.fail("modelMapping", "expected an object of strings");
  } else if (mapping != nullptr) {
    for (const auto& [from, value] : mapping->items()) {
      const auto to = Wasm::Common::JsonValueAs<std::string>(value).first;
      if (!to) {
        reader.fail("modelMapping." + from, "expected a string");
      } else if (from == "*") {
        config.fallback = *to;
      } else if (!from.empty() && from.back() == '*') {
        config.prefixes.emplace_back(from.substr(0, from.size() - 1), *to);
      } else {
        config.exact.emplace(from, *to);
      }
    }
  }
  std::stable_sort(config.prefixes.begin(), config.prefixes.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  return reader.ok() || configFailure(reader.error());
}

std::optional<std::string> ModelMapperConfig::map(const std::optional<std::string>& model) const {
  std::optional<std::string> mapped = fallback;
  if (model) {
    const auto longest = std::find_if(prefixes.begin(), prefixes.end(), [&](const auto& prefix) {
      return model->compare(0, prefix.first.size(), prefix.first) == 0;
    });
    if (const auto found = exact.find(*model); found != exact.end()) {
      mapped = found->second;
    } else if (longest != prefixes.end()) {
      mapped = longest->second;
    }
  }
  return mapped && (mapped->empty() || mapped == model) ? std::nullopt : mapped;
}

FilterHeadersStatus ModelMapperContext::onRequestHeaders(uint32_t, bool end_of_stream) {
  auto* root = static_cast<ModelMapperRootContext*>(this->root());
  const auto config = root->holdMatchConfig().second;
  if (config == nullptr || end_of_stream || config->empty() ||
      !wasmgate::sdk::path_has_suffix(config->path_suffixes)) {
    return FilterHeadersStatus::Continue;
  }
  const std::string content_type = Wasm::Common::toLower(getRequestHeader("content-type")->view());
  if (content_type.find("application/json") == std::string::npos) {
    return FilterHeadersStatus::Continue;
  }
  config_ = config;
  root->recycler().count_request();
  wasmgate::sdk::prepare_for_body();
  return FilterHeadersStatus::StopIteration;
}

FilterDataStatus ModelMapperContext::onRequestBody(size_t body_size, bool end_of_stream) {
  if (config_ == nullptr) {
    return FilterDataStatus::Continue;
  }
  body_size_ = body_size;
  if (body_size > wasmgate::sdk::kModelBodyLimitBytes) {
    wasmgate::sdk::refuse_large_body();
    config_ = nullptr;
    return FilterDataStatus::StopIterationNoBuffer;
  }
  if (!end_of_stream) {
    return FilterDataStatus::StopIterationAndBuffer;
  }
  mapBody();
  return FilterDataStatus::Continue;
}

FilterTrailersStatus ModelMapperContext::onRequestTrailers(uint32_t) {
  if (config_ != nullptr) {
    mapBody();
  }
  return FilterTrailersStatus::Continue;
}

void ModelMapperContext::mapBody() {
  const std::shared_ptr<const ModelMapperConfig> config = std::move(config_);
  const WasmDataPtr body = getBufferBytes(WasmBufferType::HttpRequestBody, 0, body_size_);
  const auto document = wasmgate::sdk::JsonSplice::parse(body->view(), config->model_key);
  if (!document) {
    return;
  }
  const std::optional<std::string> model = document->string_value();
  if (!model && document->count() > 0) {
    return;  // not a string
  }
  if (const auto mapped = config->map(model)) {
    setBuffer(WasmBufferType::HttpRequestBody, 0, body_size_, document->with_string(*mapped));
  }
}
