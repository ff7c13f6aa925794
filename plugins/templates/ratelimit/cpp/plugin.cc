#include "plugin.h"

#include <algorithm>
#include <cstring>

#include "config_reader.h"

static RegisterContextFactory register_plugin(CONTEXT_FACTORY(PluginContext),
                                              ROOT_FACTORY(PluginRoot));

namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kMinute = 60 * kSecond;
constexpr int kTries = 20;

/// The stored time, 0 when there is none. `version`: for the write that follows.
uint64_t readTime(const std::string& key, uint32_t& version) {
  WasmDataPtr data;
  uint64_t time = 0;
  if (getSharedData(key, &data, &version) == WasmResult::Ok && data->size() == sizeof(time)) {
    std::memcpy(&time, data->data(), sizeof(time));
  }
  return time;
}

/// Counts one request. Returns 0, or the nanoseconds after which it would be in order.
uint64_t take(const std::string& key, uint64_t per_minute) {
  for (int attempt = 0; attempt < kTries; ++attempt) {
    uint32_t version = 0;
    const uint64_t stored = readTime(key, version);
    const uint64_t now = getCurrentTimeNanoseconds();
    // Further ahead than a minute is only possible when the clock was set back: start afresh.
    const uint64_t from = stored > now + kMinute ? now : std::max(stored, now);
    const uint64_t next = from + kMinute / per_minute;
    if (next > now + kMinute) {
      return next - now - kMinute;
    }
    const std::string_view bytes(reinterpret_cast<const char*>(&next), sizeof(next));
    if (setSharedData(key, bytes, version) != WasmResult::CasMismatch) {
      return 0;
    }
  }
  return 0;  // so much at once on one key: better one too many than a refusal without reason
}

}  // namespace

bool PluginRoot::parsePluginConfig(const Json& object, PluginConfig& config) {
  wasmgate::sdk::ConfigReader reader(object);
  reader.read("requests_per_minute", config.per_minute, 1, 1'000'000).read("header", config.header);
  if (config.per_minute == 0) {
    reader.fail("requests_per_minute", "is required");
  }
  if (config.header.empty()) {
    reader.fail("header", "must not be empty");
  }
  return reader.ok() || configFailure(reader.error());
}

FilterHeadersStatus PluginContext::onRequestHeaders(uint32_t, bool) {
  const auto match = static_cast<PluginRoot*>(root())->getMatchConfig();
  if (!match.second) {
    return FilterHeadersStatus::Continue;
  }
  const PluginConfig& config = match.second->get();
  const std::string caller = getRequestHeader(config.header)->toString();
  if (caller.empty()) {
    return FilterHeadersStatus::Continue;
  }
  const std::string key = "ratelimit/" + std::to_string(match.first) + "/" + caller;
  const uint64_t wait = take(key, static_cast<uint64_t>(config.per_minute));
  if (wait == 0) {
    return FilterHeadersStatus::Continue;
  }
  const std::string seconds = std::to_string((wait + kSecond - 1) / kSecond);
  sendLocalResponse(429, "rate_limited", "", {{"retry-after", seconds}});
  return FilterHeadersStatus::StopIteration;
}
