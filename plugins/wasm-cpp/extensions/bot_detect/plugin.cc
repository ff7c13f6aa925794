#include "plugin.h"

#include "bot_patterns.h"
#include "config_reader.h"

static RegisterContextFactory register_BotDetect(CONTEXT_FACTORY(BotDetectContext),
                                                 ROOT_FACTORY(BotDetectRootContext));

namespace {

using Wasm::Common::Regex::RegexSet;
using wasmgate::sdk::ConfigReader;

/// Reads a list of expressions; null when it is absent or empty.
std::shared_ptr<RegexSet> readExpressions(ConfigReader& reader, const char* key) {
  std::vector<std::string> texts;
  reader.read(key, texts);
  if (texts.empty()) {
    return nullptr;
  }
  auto set = std::make_shared<RegexSet>();
  for (size_t index = 0; index < texts.size() && reader.ok(); ++index) {
    const std::string error = texts[index].empty() ? "must not be empty" : set->add(texts[index]);
    if (!error.empty()) {
      reader.fail(std::string(key) + "[" + std::to_string(index) + "]", error);
    }
  }
  set->compile();
  return set;
}

}  // namespace

bool BotDetectRootContext::onConfigure(size_t size) {
  isKnownBot("");  // builds its tables now rather than in the first request
  return configureRules(size);
}

bool BotDetectRootContext::parsePluginConfig(const Json& object, BotDetectConfig& config) {
  ConfigReader reader(object);
  int64_t code = config.blocked_code;
  reader.read("blocked_code", code, 200, 599).read("blocked_message", config.blocked_message);
  config.blocked_code = static_cast<uint32_t>(code);
  config.allow = readExpressions(reader, "allow");
  config.deny = readExpressions(reader, "deny");
  return reader.ok() || configFailure(reader.error());
}

bool BotDetectConfig::blocks(std::string_view user_agent) const {
  if (allow != nullptr && allow->search(user_agent)) {
    return false;
  }
  return (deny != nullptr && deny->search(user_agent)) || isKnownBot(user_agent);
}

FilterHeadersStatus BotDetectContext::onRequestHeaders(uint32_t, bool) {
  const auto match = static_cast<BotDetectRootContext*>(root())->getMatchConfig();
  if (!match.second) {
    return FilterHeadersStatus::Continue;
  }
  const BotDetectConfig& config = match.second->get();
  GET_HEADER_VIEW("user-agent", user_agent);
  if (!config.blocks(user_agent)) {
    return FilterHeadersStatus::Continue;
  }
  sendLocalResponse(config.blocked_code, "", config.blocked_message, {});
  return FilterHeadersStatus::StopIteration;
}
