#include "artifact/web_client.h"

#include <gtest/gtest.h>

#include "artifact/fake_registry.h"

namespace wasmgate::artifact {
namespace {

using Answer = FakeRegistry::Answer;

class WebClientTest : public testing::Test {
 protected:
  Result<WebResponse> get(const std::string& url, size_t limit = 1000) {
    WebRequest request;
    request.url = *oci::parse_url(url);
    request.limit_bytes = limit;
    request.authorization = "Basic c2VjcmV0";
    return WebClient(registry, clock, sleeper, options).send(request);
  }

  ManualClock clock;
  ClockSleeper sleeper{clock};
  FakeRegistry registry;
  WebOptions options;
};

TEST_F(WebClientTest, RefusesPlainHttp) {
  EXPECT_EQ(get("http://h.example/").error().code, ErrorCode::Refused);
  EXPECT_TRUE(registry.requests.empty());
}

TEST_F(WebClientTest, SpeaksPlainHttpToListedHosts) {
  options.insecure_hosts = {"h.example:5000"};
  registry.answers["http://h.example:5000/"] = {200, {}, "x"};
  EXPECT_EQ(get("http://h.example:5000/")->body, "x");
  EXPECT_EQ(get("http://h.example:5001/").error().code, ErrorCode::Refused);
}

TEST_F(WebClientTest, DropsCredentialsOnTheWayToAnotherHost) {
  registry.answers["https://h.example/"] = {307, {{"Location", "https://cdn.example/x"}}, ""};
  registry.answers["https://cdn.example/x"] = {200, {}, "x"};
  EXPECT_EQ(get("https://h.example/")->body, "x");
  EXPECT_EQ(registry.authorizations, (std::vector<std::string>{"Basic c2VjcmV0", ""}));
}

TEST_F(WebClientTest, KeepsCredentialsOnTheSameOriginOnly) {
  registry.answers["https://h.example/"] = {302, {{"Location", "/a"}}, ""};
  registry.answers["https://h.example/a"] = {302, {{"Location", "https://h.example:8443/b"}}, ""};
  registry.answers["https://h.example:8443/b"] = {302, {{"Location", "https://h.example/c"}}, ""};
  registry.answers["https://h.example/c"] = {200, {}, "x"};
  ASSERT_TRUE(get("https://h.example/").has_value());
  EXPECT_EQ(registry.authorizations,
            (std::vector<std::string>{"Basic c2VjcmV0", "Basic c2VjcmV0", "", ""}));
}

TEST_F(WebClientTest, RefusesARedirectFromHttpsToHttp) {
  options.insecure_hosts = {"h.example"};
  registry.answers["https://h.example/"] = {302, {{"Location", "http://h.example/"}}, ""};
  EXPECT_EQ(get("https://h.example/").error().code, ErrorCode::Refused);
}

TEST_F(WebClientTest, RefusesARedirectFromTheInternetIntoThePrivateNetwork) {
  for (const char* target : {"https://10.0.0.1/", "https://169.254.169.254/latest/",
                             "https://localhost/", "https://[::1]/"}) {
    registry.answers["https://h.example/"] = {302, {{"Location", target}}, "", "8.8.8.8"};
    EXPECT_EQ(get("https://h.example/").error().code, ErrorCode::Refused) << target;
  }
}

TEST_F(WebClientTest, HasTheAddressesOfARedirectCheckedAfterResolution) {
  registry.answers["https://h.example/"] = {
      302, {{"Location", "https://cdn.example/"}}, "", "8.8.8.8"};
  registry.answers["https://cdn.example/"] = {200, {}, "x"};
  ASSERT_TRUE(get("https://h.example/").has_value());
  EXPECT_EQ(registry.rules_seen.back(), AddressRule::PublicOnly);
}

TEST_F(WebClientTest, LetsARegistryOfThePrivateNetworkRedirectThere) {
  registry.answers["https://h.example/"] = {
      302, {{"Location", "https://store.example/"}}, "", "10.0.0.1"};
  registry.answers["https://store.example/"] = {200, {}, "x"};
  ASSERT_TRUE(get("https://h.example/").has_value());
  EXPECT_EQ(registry.rules_seen.back(), AddressRule::NoLinkLocal);
}

TEST_F(WebClientTest, EndsARedirectLoop) {
  registry.answers["https://h.example/"] = {302, {{"Location", "/"}}, ""};
  EXPECT_EQ(get("https://h.example/").error().code, ErrorCode::LimitExceeded);
  EXPECT_EQ(registry.requests.size(), 6U);
}

TEST_F(WebClientTest, TriesFiveTimesWhereItCanHelp) {
  registry.answers["https://h.example/"] = {503, {}, ""};
  EXPECT_EQ(get("https://h.example/")->head.status, 503);
  EXPECT_EQ(registry.requests.size(), 5U);
  EXPECT_EQ(sleeper.slept, std::chrono::milliseconds(200 + 400 + 800 + 1600));
}

TEST_F(WebClientTest, TriesOnceWhereItCannot) {
  for (const int status : {400, 401, 403, 404}) {
    registry.requests.clear();
    registry.answers["https://h.example/"] = {status, {}, ""};
    EXPECT_EQ(get("https://h.example/")->head.status, status);
    EXPECT_EQ(registry.requests.size(), 1U);
  }
}

TEST_F(WebClientTest, WaitsAsLongAsItIsAskedToWithinBounds) {
  registry.answers["https://h.example/"] = {429, {{"Retry-After", "3"}}, ""};
  get("https://h.example/");
  EXPECT_EQ(sleeper.slept, std::chrono::seconds(12));
  sleeper.slept = {};
  registry.answers["https://h.example/"] = {429, {{"Retry-After", "86400"}}, ""};
  get("https://h.example/");
  EXPECT_EQ(sleeper.slept, std::chrono::seconds(40));
}

TEST_F(WebClientTest, EndsWithTheTimeOfTheWholeWork) {
  registry.rules.push_back([&](const FetchRequest&) -> std::optional<Result<Answer>> {
    clock.advance(std::chrono::seconds(100));
    return Result<Answer>(fail(ErrorCode::Timeout, "slow", ErrorSource::Upstream, true));
  });
  EXPECT_EQ(get("https://h.example/").error().code, ErrorCode::Timeout);
  EXPECT_EQ(registry.requests.size(), 3U);
}

TEST_F(WebClientTest, HoldsItsSizeLimitWhileBytesArrive) {
  registry.answers["https://h.example/"] = {200, {}, "12345678"};
  EXPECT_TRUE(get("https://h.example/", 8).has_value());
  EXPECT_EQ(get("https://h.example/", 7).error().code, ErrorCode::LimitExceeded);
}

}  // namespace
}  // namespace wasmgate::artifact
