#include "route_rule_matcher.h"

#include <gtest/gtest.h>

#include "config_reader.h"
#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

struct NumberConfig {
  int64_t number = 0;
  int64_t base = 0;
  bool finished = false;
};

class NumberRoot : public RootContext, public RouteRuleMatcher<NumberConfig> {
 public:
  using RootContext::RootContext;
  bool onConfigure(size_t size) override { return configureRules(size); }

 private:
  bool parsePluginConfig(const Json& object, NumberConfig& config) override {
    wasmgate::sdk::ConfigReader reader(object);
    reader.read("number", config.number, 0, 100);
    return reader.ok() || configFailure(reader.error());
  }
  void overrideRule(const NumberConfig& global, NumberConfig& rule) override {
    rule.base = global.number;
  }
  void finishConfig(NumberConfig& config) override { config.finished = true; }
};

RegisterContextFactory register_number(ROOT_FACTORY(NumberRoot), "matcher_number");

struct RouteRuleMatcherTest : ::testing::Test {
  RouteRuleMatcherTest() {
    host.root_id = "matcher_number";
    host.configure("");
  }
  NumberRoot& root() { return static_cast<NumberRoot&>(*getRoot("matcher_number")); }
  std::unique_ptr<wasmgate::testing::StreamSimulator> request(const char* route) {
    auto stream = host.stream();
    stream->properties["route_name"] = route;
    return stream;
  }
  HostSimulator host;
};

TEST_F(RouteRuleMatcherTest, ErrorOfARuleNamesItsPath) {
  EXPECT_FALSE(host.configure(R"({"_rules_":[{"_match_route_":["a"],"number":1},
                                             {"_match_route_":["b"],"number":"x"}]})"));
  EXPECT_EQ(root().configError(), "_rules_[1].number: expected an integer from 0 to 100");
  EXPECT_NE(host.logText(LogLevel::error).find("_rules_[1].number"), std::string::npos);
}

TEST_F(RouteRuleMatcherTest, ErrorOfGlobalWithoutRulesHasTheKnownText) {
  EXPECT_FALSE(host.configure(R"({"number":101})"));
  EXPECT_EQ(root().configError(),
            "parse config failed, no valid rules; global config parse error: number: expected an "
            "integer from 0 to 100");
}

TEST_F(RouteRuleMatcherTest, ErrorOfARuleWithoutListsNamesTheFourKeys) {
  EXPECT_FALSE(host.configure(R"({"_rules_":[{"number":1}]})"));
  for (const char* word : {"_rules_[0]", "_match_route_", "_match_route_prefix_", "_match_service_",
                           "_match_domain_"}) {
    EXPECT_NE(root().configError().find(word), std::string::npos) << word;
  }
}

TEST_F(RouteRuleMatcherTest, RefusedConfigurationLeavesTheOldOne) {
  ASSERT_TRUE(host.configure(R"({"number":7})"));
  ASSERT_FALSE(host.configure(R"({"number":"x"})"));
  const auto stream = request("a");
  EXPECT_EQ(root().getMatchConfig().second->get().number, 7);
}

TEST_F(RouteRuleMatcherTest, RuleSeesGlobalThroughOverride) {
  ASSERT_TRUE(host.configure(R"({"number":7,"_rules_":[{"_match_route_":["a"],"number":1}]})"));
  const auto stream = request("a");
  const NumberConfig& config = root().getMatchConfig().second->get();
  EXPECT_EQ(config.number, 1);
  EXPECT_EQ(config.base, 7);
  EXPECT_TRUE(config.finished);
}

TEST_F(RouteRuleMatcherTest, OverrideNeedsAGlobal) {
  ASSERT_TRUE(host.configure(R"({"_rules_":[{"_match_route_":["a"],"number":1}]})"));
  const auto stream = request("a");
  EXPECT_EQ(root().getMatchConfig().second->get().base, 0);
}

TEST_F(RouteRuleMatcherTest, RouteFallsBackToTheXdsProperty) {
  ASSERT_TRUE(host.configure(R"({"_rules_":[{"_match_route_":["a"],"number":1}]})"));
  auto stream = host.stream();
  stream->properties["xds.route_name"] = "a";
  EXPECT_EQ(root().getMatchConfig().first, 1);
}

TEST_F(RouteRuleMatcherTest, HeldConfigurationOutlivesANewOne) {
  ASSERT_TRUE(host.configure(R"({"number":7})"));
  const auto stream = request("a");
  const auto held = root().holdMatchConfig().second;
  ASSERT_TRUE(host.configure(R"({"number":8})"));
  EXPECT_EQ(held->number, 7);
  EXPECT_EQ(root().getMatchConfig().second->get().number, 8);
}

TEST_F(RouteRuleMatcherTest, EmptyGlobalGivesADefaultConfiguration) {
  root().setEmptyGlobalConfig();
  ASSERT_TRUE(host.configure(""));
  const auto stream = request("a");
  EXPECT_EQ(root().getMatchConfig().first, 0);
}

TEST_F(RouteRuleMatcherTest, InvalidConfigModeRefuses) {
  struct Refusing : NumberRoot {
    using NumberRoot::NumberRoot;
    bool parsePluginConfig(const Json&, NumberConfig&) override {
      setInvalidConfig();
      return true;
    }
  } refusing(99, "");
  EXPECT_FALSE(refusing.parseRuleConfig(nlohmann::json::object()));
}

TEST_F(RouteRuleMatcherTest, CheckRulePassesWithoutConfiguration) {
  const auto stream = request("a");
  EXPECT_TRUE(root().checkRule([](const NumberConfig&) { return false; }));
  EXPECT_EQ(root().onHeaders([](const auto&) { return FilterHeadersStatus::StopIteration; }),
            FilterHeadersStatus::Continue);
}

TEST_F(RouteRuleMatcherTest, CheckRuleWithIdGivesPositionPlusOne) {
  ASSERT_TRUE(host.configure(R"({"number":7,"_rules_":[{"_match_route_":["a"]},
                                                       {"_match_route_":["b"]}]})"));
  const auto stream = request("b");
  int seen = -5;
  root().checkRuleWithId([&](int id, const NumberConfig&) {
    seen = id;
    return true;
  });
  EXPECT_EQ(seen, 2);
}

}  // namespace
