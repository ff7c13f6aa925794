#include "bot_patterns.h"

#include <string>
#include <vector>

#include "pattern_set.h"
#include "regex.h"

namespace {

/// Names that stand for a crawler wherever they occur in a User-Agent, in any case. Chosen so that
/// no browser's own User-Agent contains one.
constexpr const char* kNames[] = {
    // Search engines.
    "AdsBot-Google",
    "Googlebot",
    "Google-InspectionTool",
    "Google-Extended",
    "GoogleOther",
    "Mediapartners-Google",
    "APIs-Google",
    "FeedFetcher-Google",
    "bingbot",
    "BingPreview",
    "msnbot",
    "adidxbot",
    "Slurp",
    "YahooSeeker",
    "DuckDuckBot",
    "DuckAssistBot",
    "Baiduspider",
    "BaiduMobaider",
    "YandexBot",
    "YandexImages",
    "YandexMobileBot",
    "YandexMetrika",
    "Sogou",
    "Exabot",
    "360Spider",
    "HaoSouSpider",
    "YisouSpider",
    "Bytespider",
    "PetalBot",
    "SeznamBot",
    "Qwantify",
    "Yeti/",
    "Daumoa",
    "NaverBot",
    "coccocbot",
    "Applebot",
    "MojeekBot",
    "ia_archiver",
    "altavista",
    "AskJeeves",
    "Teoma",
    "Gigabot",
    "Scooter",
    "Mail.RU_Bot",
    "StackRambler",
    // Language models and data collection.
    "GPTBot",
    "ChatGPT-User",
    "OAI-SearchBot",
    "ClaudeBot",
    "anthropic-ai",
    "PerplexityBot",
    "CCBot",
    "cohere-ai",
    "Diffbot",
    "FacebookBot",
    "meta-externalagent",
    "Amazonbot",
    "omgili",
    "ImagesiftBot",
    "Timpibot",
    "YouBot",
    // Link previews and social networks.
    "facebookexternalhit",
    "Twitterbot",
    "LinkedInBot",
    "Pinterestbot",
    "Slackbot",
    "Slack-ImgProxy",
    "TelegramBot",
    "WhatsApp",
    "Discordbot",
    "SkypeUriPreview",
    "redditbot",
    "Embedly",
    "vkShare",
    "Snapchat-Bot",
    // Feeds and monitoring.
    "Feedbin",
    "Feedly",
    "Feedspot",
    "Newsblur",
    "Inoreader",
    "FreshRSS",
    "Superfeedr",
    "UptimeRobot",
    "Pingdom",
    "StatusCake",
    "Site24x7",
    "updown.io",
    "GTmetrix",
    "WordPress/",
    // Search optimisation.
    "AhrefsBot",
    "AhrefsSiteAudit",
    "SemrushBot",
    "MJ12bot",
    "DotBot",
    "rogerbot",
    "BLEXBot",
    "DataForSeoBot",
    "serpstatbot",
    "SEOkicks",
    "Screaming Frog",
    "linkdexbot",
    "MegaIndex",
    "SiteAuditBot",
    "Barkrowler",
    "seoscanners",
    "XoviBot",
    "Cliqzbot",
    "spbot",
    // Archives and research.
    "archive.org_bot",
    "heritrix",
    "Wayback",
    "Nutch",
    "008/",
    "Grub",
    "TurnitinBot",
    "Netcraft",
    "CensysInspect",
    "Internet-structure-research",
    "ArchiveBot",
    "SMTBot",
    "voltron",
    // Scanners.
    "masscan",
    "zgrab",
    "Nmap Scripting Engine",
    "Nikto",
    "sqlmap",
    "WPScan",
    "Nessus",
    "OpenVAS",
    "dirbuster",
    "gobuster",
    "Expanse",
    "NetSystemsResearch",
    "l9explore",
    "Nuclei",
    // Libraries made for scraping.
    "Scrapy",
    "HTTrack",
    "WebCopier",
    "WebZIP",
    "Teleport Pro",
    "SiteSucker",
    "Offline Explorer",
    "WebReaper",
    "colly",
    "crawler4j",
    "phantomjs",
    "HeadlessChrome",
};

/// Words of crawlers that no list knows: "…bot/1.0", "…-spider", "web archiver 2.1".
constexpr const char* kExpressions[] = {
    R"((?:bot|spider|crawler|crawl|archiver|indexer|scraper|fetcher)[/ ]v?\d)",
    R"((?:^|[^a-z])[a-z0-9._-]*(?:spider|crawl|scrape)[a-z]*)",
    R"((?:^|[^a-z])[a-z0-9._-]{2,}bot(?:[/;,) +-]|$))",
    R"((?:^|[ ;(])(?:bot|robot)(?:[/;,) ]|$))",
};

/// Texts that would fit an expression above and are browsers or devices all the same.
constexpr const char* kNotBots[] = {"cubot"};

struct KnownBots {
  KnownBots()
      : names({std::begin(kNames), std::end(kNames)}, false),
        not_bots({std::begin(kNotBots), std::end(kNotBots)}, false) {
    for (const char* expression : kExpressions) {
      words.add(expression, false);
    }
    words.compile();
  }
  wasmgate::sdk::PatternSet names;
  wasmgate::sdk::PatternSet not_bots;
  Wasm::Common::Regex::RegexSet words;
};

}  // namespace

bool isKnownBot(std::string_view user_agent) {
  static const KnownBots known;
  return known.names.found_in(user_agent) ||
         (!known.not_bots.found_in(user_agent) && known.words.search(user_agent));
}
