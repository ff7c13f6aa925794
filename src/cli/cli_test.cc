#include <gtest/gtest.h>

#include "cli/command_line.h"
#include "cli/console.h"
#include "cli/explanation.h"

namespace wasmgate::cli {
namespace {

TEST(ParseListener, NeedsAnAddressAndAPort) {
  EXPECT_EQ(parse_listener("127.0.0.1:80")->port, 80);
  EXPECT_EQ(parse_listener("[::1]:0")->address, "::1");
  for (const char* text :
       {"80", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80",
        "[::1]", "localhost:80", "[127.0.0.1]:80", "127.0.0.1:+1", "127.0.0.1:8 "}) {
    EXPECT_FALSE(parse_listener(text)) << text;
  }
}

TEST(ParseCommandLine, FillsTheDaemonsOptions) {
  const Parsed parsed = parse_command_line({"run", "-f", "a", "-f", "b", "--listen", "127.0.0.1:1",
                                            "--listen", "[::1]:2", "--admin", "off", "--workers",
                                            "0", "--access-log", "off", "--log-level", "warn"});
  ASSERT_TRUE(parsed.invocation) << parsed.error;
  const server::Options& run = parsed.invocation->run;
  EXPECT_EQ(run.paths, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(run.listeners.size(), 2U);
  EXPECT_TRUE(run.admin_off);
  EXPECT_EQ(run.workers, 0U);
  EXPECT_FALSE(run.access_log->enabled);
  EXPECT_EQ(run.log_level, LogLevel::Warn);
}

TEST(ParseCommandLine, LeavesOutWhatIsNotGiven) {
  const Parsed parsed = parse_command_line({"run"});
  ASSERT_TRUE(parsed.invocation) << parsed.error;
  const server::Options& run = parsed.invocation->run;
  EXPECT_TRUE(run.paths.empty());
  EXPECT_FALSE(run.workers);
  EXPECT_FALSE(run.admin);
  EXPECT_FALSE(run.access_log);
}

TEST(ParseCommandLine, TakesOnePathPerFileOption) {
  const Parsed parsed = parse_command_line({"explain", "-f", "a", "host/path"});
  ASSERT_TRUE(parsed.invocation) << parsed.error;
  EXPECT_EQ(parsed.invocation->explain.url, "host/path");
}

TEST(ParseCommandLine, TakesColorAfterTheCommand) {
  const Parsed parsed = parse_command_line({"validate", "-f", "a", "--color", "never"});
  ASSERT_TRUE(parsed.invocation) << parsed.error;
  EXPECT_EQ(parsed.invocation->color, "never");
}

TEST(ParseCommandLine, HelpsBeforeItComplains) {
  EXPECT_FALSE(parse_command_line({"validate", "--help"}).help.empty());
}

TEST(CommandTree, HidesTheCompilersVerb) {
  const CommandInfo tree = command_tree();
  ASSERT_NE(tree.find("compile-module"), nullptr);
  EXPECT_TRUE(tree.find("compile-module")->hidden);
  EXPECT_EQ(help_text(tree, "wasmgate").find("compile-module"), std::string::npos);
}

TEST(UseColor, FollowsTerminalAndEnvironment) {
  const char* no_color = nullptr;
  const char* term = "xterm";
  const auto environment = [&](const char* name) {
    return std::string(name) == "NO_COLOR" ? no_color : term;
  };
  EXPECT_TRUE(use_color("auto", true, environment));
  EXPECT_FALSE(use_color("auto", false, environment));
  EXPECT_TRUE(use_color("always", false, environment));
  EXPECT_FALSE(use_color("never", true, environment));
  no_color = "";
  EXPECT_TRUE(use_color("auto", true, environment));
  no_color = "1";
  EXPECT_FALSE(use_color("auto", true, environment));
  no_color = nullptr;
  term = "dumb";
  EXPECT_FALSE(use_color("auto", true, environment));
}

TEST(ParseRequestUrl, SplitsHostAndPath) {
  EXPECT_EQ(parse_request_url("http://a.com:80/x?y#z")->host, "a.com:80");
  EXPECT_EQ(parse_request_url("http://a.com:80/x?y#z")->path, "/x?y");
  EXPECT_EQ(parse_request_url("a.com")->path, "/");
  EXPECT_EQ(parse_request_url("a.com?q")->path, "/?q");
  for (const char* text : {"", "/x", "ftp://a.com/", "http:///x", "user@a.com/"}) {
    EXPECT_FALSE(parse_request_url(text)) << text;
  }
}

}  // namespace
}  // namespace wasmgate::cli
