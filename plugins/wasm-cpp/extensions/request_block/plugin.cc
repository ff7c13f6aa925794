#include "plugin.h"

#include <algorithm>

#include "config_reader.h"

static RegisterContextFactory register_RequestBlock(CONTEXT_FACTORY(RequestBlockContext),
                                                    ROOT_FACTORY(RequestBlockRootContext));

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

/// Every header as name LF value LF.
std::string headerText() {
  const WasmDataPtr pairs = getRequestHeaderPairs();
  std::string text;
  text.reserve(pairs->size());
  for (const auto& [name, value] : pairs->pairs()) {
    text.append(name).append("\n").append(value).append("\n");
  }
  return text;
}

/// Reads a list of texts; an empty one would be part of everything.
std::vector<std::string> readTexts(wasmgate::sdk::ConfigReader& reader, std::string_view key) {
  std::vector<std::string> texts;
  reader.read(key, texts);
  for (size_t index = 0; index < texts.size(); ++index) {
    if (texts[index].empty()) {
      reader.fail(std::string(key) + "[" + std::to_string(index) + "]", "must not be empty");
    }
  }
  return texts;
}

}  // namespace

bool RequestBlockRootContext::parsePluginConfig(const Json& object, RequestBlockConfig& config) {
  wasmgate::sdk::ConfigReader reader(object);
  int64_t code = config.blocked_code;
  reader.read("blocked_code", code, 200, 599)
      .read("blocked_message", config.blocked_message)
      .read("case_sensitive", config.case_sensitive);
  config.blocked_code = static_cast<uint32_t>(code);
  const bool exact = config.case_sensitive;

  for (std::string& url : readTexts(reader, "block_exact_urls")) {
    config.exact_urls.insert(exact ? std::move(url) : lower(url));
  }
  config.urls = wasmgate::sdk::PatternSet(readTexts(reader, "block_urls"), exact);
  config.headers = wasmgate::sdk::PatternSet(readTexts(reader, "block_headers"), exact);
  std::vector<std::string> bodies = readTexts(reader, "block_bodies");
  const std::vector<std::string> old_name = readTexts(reader, "block_bodys");
  bodies.insert(bodies.end(), old_name.begin(), old_name.end());
  config.bodies = wasmgate::sdk::PatternSet(bodies, exact);

  config.regexp_urls = std::make_shared<Wasm::Common::Regex::RegexSet>();
  const std::vector<std::string> regexps = readTexts(reader, "block_regexp_urls");
  for (size_t index = 0; index < regexps.size() && reader.ok(); ++index) {
    const std::string error = config.regexp_urls->add(regexps[index], exact);
    if (!error.empty()) {
      reader.fail("block_regexp_urls[" + std::to_string(index) + "]", error);
    }
  }
  config.regexp_urls->compile();

  if (reader.ok() && config.exact_urls.empty() && config.regexp_urls->empty() &&
      config.urls.empty() && config.headers.empty() && config.bodies.empty()) {
    LOG_WARN("configuration: no block list, so nothing is blocked");
  }
  return reader.ok() || configFailure(reader.error());
}

bool RequestBlockConfig::blocksUrl(std::string_view path) const {
  if (!exact_urls.empty() &&
      exact_urls.count(case_sensitive ? std::string(path) : lower(path)) != 0) {
    return true;
  }
  return regexp_urls->search(path) || urls.found_in(path);
}

FilterHeadersStatus RequestBlockContext::onRequestHeaders(uint32_t, bool end_of_stream) {
  auto* root = static_cast<RequestBlockRootContext*>(this->root());
  config_ = root->holdMatchConfig().second;
  if (config_ == nullptr) {
    return FilterHeadersStatus::Continue;
  }
  GET_HEADER_VIEW(":path", path);
  if (config_->blocksUrl(path) ||
      (!config_->headers.empty() && config_->headers.found_in(headerText()))) {
    block();
    config_ = nullptr;
    return FilterHeadersStatus::StopIteration;
  }
  if (config_->bodies.empty() || end_of_stream) {
    config_ = nullptr;
    return FilterHeadersStatus::Continue;
  }
  setFilterState("set_decoder_buffer_limit", std::to_string(kBodyLimitBytes));
  return FilterHeadersStatus::StopIteration;
}

FilterDataStatus RequestBlockContext::onRequestBody(size_t body_size, bool end_of_stream) {
  if (config_ == nullptr) {
    return FilterDataStatus::Continue;
  }
  body_size_ = body_size;
  if (body_size > kBodyLimitBytes) {
    sendLocalResponse(413, "request_body_too_large", "Request Body Too Large", {});
    config_ = nullptr;
    return FilterDataStatus::StopIterationNoBuffer;
  }
  if (!end_of_stream) {
    return FilterDataStatus::StopIterationAndBuffer;
  }
  const bool blocked = bodyIsBlocked();
  if (blocked) {
    block();
  }
  config_ = nullptr;
  return blocked ? FilterDataStatus::StopIterationNoBuffer : FilterDataStatus::Continue;
}

FilterTrailersStatus RequestBlockContext::onRequestTrailers(uint32_t) {
  if (config_ == nullptr) {
    return FilterTrailersStatus::Continue;
  }
  const bool blocked = bodyIsBlocked();
  if (blocked) {
    block();
  }
  config_ = nullptr;
  return blocked ? FilterTrailersStatus::StopIteration : FilterTrailersStatus::Continue;
}

bool RequestBlockContext::bodyIsBlocked() const {
  const WasmDataPtr body = getBufferBytes(WasmBufferType::HttpRequestBody, 0, body_size_);
  return config_->bodies.found_in(body->view());
}

void RequestBlockContext::block() const {
  sendLocalResponse(config_->blocked_code, "", config_->blocked_message, {});
}
