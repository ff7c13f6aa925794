#include "plugin.h"

#include <charconv>
#include <chrono>
#include <optional>

#include "base64.h"
#include "config_reader.h"
#include "crypto_util.h"
#include "http_util.h"
#include "string_to_sign.h"

static RegisterContextFactory register_HmacAuth(CONTEXT_FACTORY(HmacAuthContext),
                                                ROOT_FACTORY(HmacAuthRootContext));

namespace {

using wasmgate::sdk::ConfigReader;

constexpr int64_t kMostOffsetSeconds = 100LL * 365 * 86400;

/// Seconds since the epoch from `date`, else from x-ca-timestamp (13 digits or more: milliseconds).
std::optional<int64_t> requestTime() {
  const WasmDataPtr date = getRequestHeader("date");
  if (date->size() != 0) {
    const auto time = Wasm::Common::Http::httpTime(date->view());
    return time ? std::optional(
                      std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch())
                          .count())
                : std::nullopt;
  }
  GET_HEADER_VIEW("x-ca-timestamp", text);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    return std::nullopt;
  }
  return text.size() >= 13 ? number / 1000 : number;
}

/// The signed text in a header value: LF as '#', other bytes that a header cannot carry as %XX.
std::string shown(std::string text) {
  for (char& c : text) {
    c = c == '\n' ? '#' : c;
  }
  return Wasm::Common::Http::PercentEncoding::encode(text, "");
}

}  // namespace

bool HmacAuthRootContext::parsePluginConfig(const Json& object, HmacAuthConfig& config) {
  ConfigReader reader(object);
  reader.read("date_offset", config.date_offset_seconds, 0, kMostOffsetSeconds)
      .read("expose_string_to_sign", config.expose_string_to_sign);
  if (reader.has("consumers") == reader.has("credentials")) {
    reader.fail("", "exactly one of consumers and credentials is required");
  }
  const auto read = [&](ConfigReader& item, bool named) {
    std::string key;
    HmacAuthConfig::Credential credential;
    if (named) {
      item.require("name", credential.consumer);
    }
    item.require("key", key).require("secret", credential.secret);
    if (item.ok() && !config.credentials.emplace(key, std::move(credential)).second) {
      item.fail("key", "is there twice");
    }
  };
  reader.each("consumers", [&](ConfigReader& item) { read(item, true); });
  reader.each("credentials", [&](ConfigReader& item) { read(item, false); });
  if (reader.ok() && config.credentials.empty()) {
    reader.fail(reader.has("consumers") ? "consumers" : "credentials", "must not be empty");
  }
  return reader.ok() || configFailure(reader.error());
}

FilterHeadersStatus HmacAuthContext::onRequestHeaders(uint32_t, bool end_of_stream) {
  using namespace Wasm::Common::Http;
  wasmgate::sdk::remove_client_consumer();
  const auto [config, allow] = static_cast<HmacAuthRootContext*>(root())->holdMatchAuthConfig();
  if (config == nullptr) {
    return FilterHeadersStatus::Continue;
  }
  config_ = config;
  const auto refused = [this](uint32_t code, std::string_view text) {
    refuse(code, text);
    config_ = nullptr;
    return FilterHeadersStatus::StopIteration;
  };
  const auto found = config_->credentials.find(getRequestHeader("x-ca-key")->toString());
  if (found == config_->credentials.end()) {
    return refused(401, "Invalid Key");
  }
  credential_ = &found->second;
  if (getRequestHeader("x-ca-signature")->size() == 0) {
    return refused(401, "Empty Signature");
  }
  if (!wasmgate::sdk::is_admitted(credential_->consumer, allow)) {
    return refused(403, "Unauthorized Consumer");
  }
  if (!dateIsValid()) {
    return refused(400, "Invalid Date");
  }
  const bool has_md5 = getRequestHeader(Header::ContentMD5)->size() != 0;
  if (has_md5 && end_of_stream) {
    return refused(400, "Invalid Content-MD5");
  }
  is_form_ = !end_of_stream && isMediaType(getRequestHeader(Header::ContentType)->view(),
                                           ContentTypeValues::FormUrlEncoded);
  if (!is_form_ && !verifySignature("")) {
    config_ = nullptr;
    return FilterHeadersStatus::StopIteration;
  }
  if (!is_form_ && !has_md5) {
    admit();
    return FilterHeadersStatus::Continue;
  }
  setFilterState("set_decoder_buffer_limit", std::to_string(kBodyLimitBytes));
  return FilterHeadersStatus::StopIteration;
}

FilterDataStatus HmacAuthContext::onRequestBody(size_t body_size, bool end_of_stream) {
  if (config_ == nullptr) {
    return FilterDataStatus::Continue;
  }
  body_size_ = body_size;
  if (body_size > kBodyLimitBytes) {
    refuse(413, "Request Body Too Large");
    config_ = nullptr;
    return FilterDataStatus::StopIterationNoBuffer;
  }
  if (!end_of_stream) {
    return FilterDataStatus::StopIterationAndBuffer;
  }
  return verifyBody() ? FilterDataStatus::Continue : FilterDataStatus::StopIterationNoBuffer;
}

FilterTrailersStatus HmacAuthContext::onRequestTrailers(uint32_t) {
  return config_ == nullptr || verifyBody() ? FilterTrailersStatus::Continue
                                            : FilterTrailersStatus::StopIteration;
}

bool HmacAuthContext::verifyBody() {
  using namespace Wasm::Common;
  const WasmDataPtr body = getBufferBytes(WasmBufferType::HttpRequestBody, 0, body_size_);
  const WasmDataPtr md5 = getRequestHeader(Http::Header::ContentMD5);
  if (is_form_ && !verifySignature(body->view())) {
    config_ = nullptr;
    return false;
  }
  if (md5->size() != 0 &&
      (body->size() == 0 ||
       !Crypto::constantTimeEquals(md5->view(), Crypto::getMD5Base64(body->view())))) {
    refuse(400, "Invalid Content-MD5");
    config_ = nullptr;
    return false;
  }
  admit();
  return true;
}

bool HmacAuthContext::dateIsValid() const {
  if (config_->date_offset_seconds == 0) {
    return true;
  }
  const auto time = requestTime();
  if (!time) {
    return false;
  }
  const auto now = static_cast<int64_t>(getCurrentTimeNanoseconds() / 1'000'000'000);
  const int64_t distance = *time > now ? *time - now : now - *time;
  return distance <= config_->date_offset_seconds;
}

bool HmacAuthContext::verifySignature(std::string_view form) const {
  using namespace Wasm::Common;
  const std::string text = stringToSign(form);
  const bool sha1 = getRequestHeader("x-ca-signature-method")->view() == "HmacSHA1";
  const std::string expected =
      Crypto::getShaHmacBase64(sha1 ? "sha1" : "sha256", credential_->secret, text);
  if (Crypto::constantTimeEquals(expected, getRequestHeader("x-ca-signature")->view())) {
    return true;
  }
  HeaderStringPairs headers;
  if (config_->expose_string_to_sign) {
    headers.emplace_back("x-ca-error-message", "Server StringToSign:`" + shown(text) + "`");
  }
  refuse(400, "Invalid Signature", headers);
  return false;
}

void HmacAuthContext::admit() {
  if (!credential_->consumer.empty()) {
    wasmgate::sdk::set_consumer(credential_->consumer);
  }
  config_ = nullptr;
}

void HmacAuthContext::refuse(uint32_t code, std::string_view text,
                             const HeaderStringPairs& headers) {
  sendLocalResponse(code, text, text, headers);
}
