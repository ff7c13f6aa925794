#include "plugin.h"

#include <cstring>

#include "config_reader.h"
#include "http_util.h"

static RegisterContextFactory register_KeyRateLimit(CONTEXT_FACTORY(KeyRateLimitContext),
                                                    ROOT_FACTORY(KeyRateLimitRootContext));

namespace {

using wasmgate::sdk::ConfigReader;

constexpr uint64_t kSecond = 1'000'000'000;
constexpr int64_t kMostTokens = 1'000'000'000;
constexpr int kTries = 20;

/// A bucket as it lies in shared data, three little-endian numbers. The limit is part of it, so
/// that a bucket of another limit is not taken for this one's.
struct Bucket {
  uint64_t full_at_ns;
  uint64_t count;
  uint64_t period_ns;

  bool is_for(const RateLimit& limit) const {
    return count == limit.count && period_ns == limit.period_ns;
  }
  std::string_view bytes() const { return {reinterpret_cast<const char*>(this), sizeof(*this)}; }
};

bool readBucket(const std::string& name, Bucket& bucket, uint32_t& version) {
  WasmDataPtr data;
  if (getSharedData(name, &data, &version) != WasmResult::Ok || data->size() != sizeof(bucket)) {
    return false;
  }
  std::memcpy(&bucket, data->data(), sizeof(bucket));
  return true;
}

/// The first of the four fields that is not 0.
RateLimit readLimit(ConfigReader& item) {
  constexpr std::pair<const char*, uint64_t> kFields[] = {{"query_per_second", 1},
                                                          {"query_per_minute", 60},
                                                          {"query_per_hour", 3600},
                                                          {"query_per_day", 86400}};
  RateLimit limit;
  for (const auto& [field, seconds] : kFields) {
    int64_t count = 0;
    item.read(field, count, 0, kMostTokens);
    if (limit.count == 0 && count > 0) {
      limit = {static_cast<uint64_t>(count), seconds * kSecond};
    }
  }
  if (item.ok() && limit.count == 0) {
    item.fail("",
              "one of query_per_second, query_per_minute, query_per_hour and query_per_day is "
              "required");
  }
  return limit;
}

}  // namespace

KeyRateLimitRootContext::KeyRateLimitRootContext(uint32_t id, std::string_view root_id)
    : RootContext(id, root_id), uncounted_(MetricType::Counter, "key_rate_limit_uncounted") {}

bool KeyRateLimitRootContext::onConfigure(size_t size) {
  const auto name = getProperty<std::string_view>({"plugin_name"});
  plugin_name_ = name ? (*name)->toString() : "";
  if (!configureRules(size)) {
    return false;
  }
  for (const auto& [rule_id, config] : getRulesWithId()) {
    for (const auto& [key, limit] : config.get().limits) {
      createBucket(bucketName(rule_id, key), limit);
    }
  }
  return true;
}

bool KeyRateLimitRootContext::parsePluginConfig(const Json& object, KeyRateLimitConfig& config) {
  ConfigReader reader(object);
  reader.read("limit_by_header", config.header).read("limit_by_param", config.param);
  if (config.header.empty() == config.param.empty()) {
    reader.fail("limit_by_header", "exactly one of limit_by_header and limit_by_param is required");
  }
  reader.each("limit_keys", [&](ConfigReader& item) {
    std::string key;
    item.require("key", key);
    const RateLimit limit = readLimit(item);
    if (item.ok() && !config.limits.emplace(key, limit).second) {
      item.fail("key", "is there twice");
    }
  });
  if (reader.ok() && config.limits.empty()) {
    reader.fail("limit_keys", "is required and must not be empty");
  }
  return reader.ok() || configFailure(reader.error());
}

std::string KeyRateLimitRootContext::bucketName(int rule_id, std::string_view key) const {
  std::string name = plugin_name_;
  name.append("/key_rate_limit/").append(std::to_string(rule_id)).append("/").append(key);
  return name;
}

void KeyRateLimitRootContext::createBucket(const std::string& name, const RateLimit& limit) {
  Bucket bucket;
  uint32_t version = 0;
  if (!readBucket(name, bucket, version) || !bucket.is_for(limit)) {
    setSharedData(name, Bucket{0, limit.count, limit.period_ns}.bytes());
  }
}

uint64_t KeyRateLimitRootContext::take(int rule_id, const std::string& key,
                                       const RateLimit& limit) {
  const std::string name = bucketName(rule_id, key);
  for (int attempt = 0; attempt < kTries; ++attempt) {
    Bucket bucket;
    uint32_t version = 0;
    if (!readBucket(name, bucket, version) || !bucket.is_for(limit)) {
      bucket = {0, limit.count, limit.period_ns};
    }
    const uint64_t now = getCurrentTimeNanoseconds();
    // Further ahead than a period is only possible when the clock was set back: start afresh, else
    // the bucket would stay closed until the clock is there again.
    const bool usable = bucket.full_at_ns > now && bucket.full_at_ns - now <= limit.period_ns;
    const uint64_t ahead = (usable ? bucket.full_at_ns - now : 0) + limit.token_ns();
    if (ahead > limit.period_ns) {
      return ahead - limit.period_ns;
    }
    bucket.full_at_ns = now + ahead;
    const WasmResult result = setSharedData(name, bucket.bytes(), version);
    if (result == WasmResult::Ok) {
      return 0;
    }
    if (result != WasmResult::CasMismatch) {
      break;
    }
  }
  uncounted_.increment(1);
  return 0;
}

FilterHeadersStatus KeyRateLimitContext::onRequestHeaders(uint32_t, bool) {
  auto* root = static_cast<KeyRateLimitRootContext*>(this->root());
  const auto [rule_id, match] = root->getMatchConfig();
  if (!match) {
    return FilterHeadersStatus::Continue;
  }
  const KeyRateLimitConfig& config = match->get();
  std::string key;
  if (!config.header.empty()) {
    key = getRequestHeader(config.header)->toString();
  } else {
    GET_HEADER_VIEW(":path", path);
    auto params = Wasm::Common::Http::parseQueryString(path);
    key = std::move(params[config.param]);
  }
  const auto limit = config.limits.find(key);
  if (limit == config.limits.end()) {
    return FilterHeadersStatus::Continue;
  }
  const uint64_t wait_ns = root->take(rule_id, key, limit->second);
  if (wait_ns == 0) {
    return FilterHeadersStatus::Continue;
  }
  sendLocalResponse(429, "Too many requests", "rate_limited",
                    {{"retry-after", std::to_string((wait_ns + kSecond - 1) / kSecond)}});
  return FilterHeadersStatus::StopIteration;
}
