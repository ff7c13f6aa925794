#include "plugin.h"

#include <charconv>

#include "common_util.h"
#include "config_reader.h"

static RegisterContextFactory register_CustomResponse(CONTEXT_FACTORY(CustomResponseContext),
                                                      ROOT_FACTORY(CustomResponseRootContext));

namespace {

using wasmgate::sdk::ConfigReader;

/// Splits "name=value" entries; a content-length is dropped, because the gateway computes it.
void readHeaders(ConfigReader& reader, CustomResponseConfig& config, bool& has_content_type) {
  std::vector<std::string> entries;
  reader.read("headers", entries);
  for (size_t index = 0; index < entries.size(); ++index) {
    const size_t equals = entries[index].find('=');
    if (equals == 0 || equals == std::string::npos) {
      reader.fail("headers[" + std::to_string(index) + "]", "expected \"name=value\"");
      return;
    }
    const std::string name = Wasm::Common::toLower(entries[index].substr(0, equals));
    has_content_type = has_content_type || name == "content-type";
    if (name != "content-length") {
      config.headers.emplace_back(name, entries[index].substr(equals + 1));
    }
  }
}

void readStatuses(ConfigReader& reader, CustomResponseConfig& config) {
  const auto* list = reader.find("enable_on_status");
  if (list == nullptr) {
    return;
  }
  if (!list->is_array()) {
    reader.fail("enable_on_status", "expected a list of integers");
    return;
  }
  for (size_t index = 0; index < list->size(); ++index) {
    const auto status = Wasm::Common::JsonValueAs<int64_t>((*list)[index]).first;
    if (!status || *status < 100 || *status > 599) {
      reader.fail("enable_on_status[" + std::to_string(index) + "]",
                  "expected an integer from 100 to 599");
      return;
    }
    config.enable_on_status.insert(*status);
  }
}

}  // namespace

bool CustomResponseRootContext::parsePluginConfig(const Json& object,
                                                  CustomResponseConfig& config) {
  ConfigReader reader(object);
  int64_t code = config.status_code;
  reader.read("status_code", code, 200, 599).read("body", config.body);
  config.status_code = static_cast<uint32_t>(code);
  bool has_content_type = false;
  readHeaders(reader, config, has_content_type);
  readStatuses(reader, config);
  if (!config.body.empty() && !has_content_type) {
    const bool json = Wasm::Common::JsonParse(config.body).has_value();
    config.headers.emplace_back(
        "content-type", json ? "application/json; charset=utf-8" : "text/plain; charset=utf-8");
  }
  return reader.ok() || configFailure(reader.error());
}

FilterHeadersStatus CustomResponseContext::onRequestHeaders(uint32_t, bool) {
  config_ = static_cast<CustomResponseRootContext*>(root())->holdMatchConfig().second;
  if (config_ == nullptr || !config_->enable_on_status.empty()) {
    return FilterHeadersStatus::Continue;
  }
  reply(*config_);
  return FilterHeadersStatus::StopIteration;
}

FilterHeadersStatus CustomResponseContext::onResponseHeaders(uint32_t, bool) {
  if (replied_ || config_ == nullptr || config_->enable_on_status.empty()) {
    return FilterHeadersStatus::Continue;
  }
  GET_RESPONSE_HEADER_VIEW(":status", text);
  int64_t status = 0;
  std::from_chars(text.data(), text.data() + text.size(), status);
  if (config_->enable_on_status.count(status) == 0) {
    return FilterHeadersStatus::Continue;
  }
  reply(*config_);
  return FilterHeadersStatus::StopIteration;
}

void CustomResponseContext::reply(const CustomResponseConfig& config) {
  replied_ = true;
  sendLocalResponse(config.status_code, "", config.body, config.headers);
}
