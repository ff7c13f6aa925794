#include "plugin.h"

#include <gtest/gtest.h>

#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

struct BotDetect : ::testing::Test {
  uint32_t send(const char* user_agent) {
    stream = host.stream();
    stream->request({{"user-agent", user_agent}});
    return stream->reply().code;
  }
  HostSimulator host;
  std::unique_ptr<wasmgate::testing::StreamSimulator> stream;
};

TEST_F(BotDetect, KnowsCrawlersWithoutConfiguration) {
  ASSERT_TRUE(host.configure(""));
  for (const char* bot :
       {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
        "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)",
        "facebookexternalhit/1.1",
        "Twitterbot/1.0",
        "LinkedInBot/1.0",
        "WhatsApp/2.21.12.21 A",
        "Slackbot-LinkExpanding 1.0",
        "masscan/1.3",
        "Scrapy/2.11",
        "008/0.83",
        "Nutch/1.0",
        "archive.org_bot",
        "MyCompanyBot/3.1",
        "my-own-spider",
        "SuperCrawler 2.0",
        "web archiver 2.1",
        "page scraper/0.9",
        "some.new-bot (+http://example.com)"}) {
    EXPECT_EQ(send(bot), 403U) << bot;
  }
}

TEST_F(BotDetect, LetsBrowsersAndClientsPass) {
  ASSERT_TRUE(host.configure(""));
  for (const char* client :
       {"", "curl/8.5.0", "okhttp/4.12.0", "Go-http-client/1.1", "PostmanRuntime/7.36.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
        "like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 40) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/124.0.0.0 Mobile Safari/537.36"}) {
    EXPECT_EQ(send(client), 0U) << client;
  }
}

TEST_F(BotDetect, AllowComesFirst) {
  ASSERT_TRUE(host.configure(R"({"allow":["Googlebot","^good"],"deny":["good"]})"));
  EXPECT_EQ(send("Mozilla/5.0 (compatible; Googlebot/2.1)"), 0U);
  EXPECT_EQ(send("goodness"), 0U);
  EXPECT_EQ(send("a goodness"), 403U);
  EXPECT_EQ(send("bingbot/2.0"), 403U);
}

TEST_F(BotDetect, DenyIsSearchedFor) {
  ASSERT_TRUE(host.configure(R"({"blocked_code":429,"blocked_message":"no","deny":["curl/\\d"]})"));
  EXPECT_EQ(send("my curl/8.5"), 429U);
  EXPECT_EQ(stream->reply().body, "no");
  EXPECT_EQ(send("my curl/x"), 0U);
}

TEST_F(BotDetect, NewConfigurationReplacesTheOld) {
  ASSERT_TRUE(host.configure(R"({"deny":["one"]})"));
  ASSERT_TRUE(host.configure(R"({"deny":["two"]})"));
  EXPECT_EQ(send("one"), 0U);
  EXPECT_EQ(send("two"), 403U);
}

TEST_F(BotDetect, RulesWithoutGlobalLeaveOtherRoutesAlone) {
  ASSERT_TRUE(host.configure(R"({"_rules_":[{"_match_route_":["a"],"deny":["x"]}]})"));
  EXPECT_EQ(send("Googlebot/2.1"), 0U);
}

TEST_F(BotDetect, RefusesBadConfigurations) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"({"deny":["a","("]})", "deny[1]: "},
      {R"({"allow":["a{500}"]})", "allow[0]: too complex regex"},
      {R"({"allow":[""]})", "allow[0]: must not be empty"},
      {R"({"deny":"x"})", "deny: expected a list"},
      {R"({"blocked_code":true})", "blocked_code: expected an integer"},
  };
  for (const auto& [json, error] : wrong) {
    host.log.clear();
    EXPECT_FALSE(host.configure(json)) << json;
    EXPECT_NE(host.logText(LogLevel::error).find(error), std::string::npos) << host.logText();
  }
}

}  // namespace
