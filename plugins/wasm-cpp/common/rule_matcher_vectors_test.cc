// Runs plugins/cases/rule-matcher/vectors.json, the list both SDKs share. Its README has the
// format.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "route_rule_matcher.h"
#include "testing/host_simulator.h"

namespace {

using Json = nlohmann::json;
using wasmgate::testing::HostSimulator;

bool g_name_required = false;

struct TestConfig {
  Json object;
  std::unordered_set<std::string> consumers;
};

class PlainRoot : public RootContext, public RouteRuleMatcher<TestConfig> {
 public:
  using RootContext::RootContext;
  bool onConfigure(size_t size) override { return configureRules(size); }
  bool parsePluginConfig(const Json& object, TestConfig& config) override {
    config.object = object;
    const auto name = object.find("name");
    if (name == object.end()) {
      return !g_name_required || configFailure("name: is required");
    }
    return name->is_string() || configFailure("name: expected a string");
  }
};

class AuthRoot : public RootContext, public RouteRuleMatcher<TestConfig> {
 public:
  using RootContext::RootContext;
  bool onConfigure(size_t size) override { return configureAuthRules(size); }
  bool parsePluginConfig(const Json& object, TestConfig& config) override {
    const auto list = object.find("consumers");
    if (list == object.end() || !list->is_array() || list->empty()) {
      return configFailure("consumers: expected a list of one or more strings");
    }
    for (const Json& name : *list) {
      config.consumers.insert(name.get<std::string>());
    }
    return true;
  }
};

RegisterContextFactory register_plain(ROOT_FACTORY(PlainRoot), "vectors_plain");
RegisterContextFactory register_auth(ROOT_FACTORY(AuthRoot), "vectors_auth");

Json load(const char* list) {
  std::ifstream file(WASMGATE_CASES_DIR "/rule-matcher/vectors.json");
  const Json all = Json::parse(file, nullptr, false);
  return all.is_discarded() ? Json() : all[list];
}

std::string text_of(const Json& configuration) {
  return configuration.contains("raw") ? configuration["raw"].get<std::string>()
                                       : configuration["json"].dump();
}

/// Gives the vector's configurations to the plug-in of `root`; returns whether the last is
/// accepted.
bool configure(HostSimulator& host, const Json& vector) {
  const Json& all = vector["configurations"];
  for (size_t index = 0; index + 1 < all.size(); ++index) {
    EXPECT_TRUE(host.configure(text_of(all[index])));
  }
  return host.configure(text_of(all.back()));
}

std::unique_ptr<wasmgate::testing::StreamSimulator> ask(HostSimulator& host, const Json& request) {
  auto stream = host.stream();
  if (request.contains("authority")) {
    stream->request_headers = {{":authority", request["authority"].get<std::string>()}};
  }
  for (const auto& [field, property] :
       {std::pair("route", "route_name"), std::pair("cluster", "cluster_name")}) {
    if (request.contains(field)) {
      stream->properties[property] = request[field].get<std::string>();
    }
  }
  getContextBase(stream->id())->setEffectiveContext();
  return stream;
}

template <typename Root>
Root& start(HostSimulator& host, const char* root_id, const Json& vector) {
  host.root_id = root_id;
  host.configure("");
  auto& root = static_cast<Root&>(*getRoot(root_id));
  const Json options = vector.value("options", Json::object());
  root.setStrictGlobal(options.value("strict_global", false));
  root.setRuleIsolation(options.value("rule_isolation", false));
  g_name_required = options.value("name_required", false);
  return root;
}

TEST(RuleMatcherVectors, PlainVariantChoosesAsListed) {
  const Json vectors = load("rules");
  ASSERT_GT(vectors.size(), 54U);
  for (const Json& vector : vectors) {
    SCOPED_TRACE(vector["id"].get<std::string>() + ": " + vector["about"].get<std::string>());
    HostSimulator host;
    auto& root = start<PlainRoot>(host, "vectors_plain", vector);
    ASSERT_EQ(configure(host, vector), vector["accepted"].get<bool>()) << host.logText();
    if (vector.contains("warning")) {
      EXPECT_EQ(!root.configWarnings().empty(), vector["warning"].get<bool>());
    }
    for (const Json& request : vector["requests"]) {
      SCOPED_TRACE(request.dump());
      const auto stream = ask(host, request);
      const auto [id, config] = root.getMatchConfig();
      EXPECT_EQ(id, request["rule_id"].get<int>());
      ASSERT_EQ(config.has_value(), !request["config"].is_null());
      if (config) {
        EXPECT_EQ(config->get().object, request["config"]);
      }
    }
  }
}

TEST(RuleMatcherVectors, AuthVariantAdmitsAsListed) {
  const Json vectors = load("auth");
  ASSERT_GE(vectors.size(), 12U);
  for (const Json& vector : vectors) {
    SCOPED_TRACE(vector["id"].get<std::string>() + ": " + vector["about"].get<std::string>());
    HostSimulator host;
    auto& root = start<AuthRoot>(host, "vectors_auth", vector);
    ASSERT_EQ(configure(host, vector), vector["accepted"].get<bool>()) << host.logText();
    if (vector.contains("warning")) {
      EXPECT_EQ(!root.configWarnings().empty(), vector["warning"].get<bool>());
    }
    for (const Json& request : vector["requests"]) {
      SCOPED_TRACE(request.dump());
      const auto stream = ask(host, request);
      Json result = "in";
      const Json& consumer = request["consumer"];
      root.checkAuthRule([&](const TestConfig& config, const auto& allow) {
        if (consumer.is_null() || config.consumers.count(consumer.get<std::string>()) == 0) {
          result = 401;
        } else if (allow && allow->count(consumer.get<std::string>()) == 0) {
          result = 403;
        }
        return true;
      });
      EXPECT_EQ(result, request["result"]);
    }
  }
}

}  // namespace
