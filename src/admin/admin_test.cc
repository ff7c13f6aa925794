#include "admin/admin.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace wasmgate::admin {
namespace {

class FakeSource final : public AdminSource {
 public:
  std::string version() const override { return "1.2.3"; }
  bool draining() const override { return draining_; }
  std::vector<ReadinessCheck> readiness() const override { return checks_; }
  const MetricRegistry& metrics() const override { return metrics_; }
  std::shared_ptr<const config::Model> model() const override { return model_; }
  uint64_t generation() const override { return 7; }
  std::string refused() const override { return refused_; }
  std::vector<PluginState> plugins() const override { return plugins_; }

  bool draining_ = false;
  std::vector<ReadinessCheck> checks_{{"configuration", true, ""}};
  MetricRegistry metrics_;
  std::shared_ptr<config::Model> model_;
  std::string refused_;
  std::vector<PluginState> plugins_;
};

std::string header(const AdminResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

AdminResponse get(const AdminSource& source, std::string_view path) {
  return answer({"GET", path, "127.0.0.1:8081", ""}, source);
}

TEST(Admin, TellsThatTheProcessLives) {
  FakeSource source;
  EXPECT_EQ(get(source, "/healthz").status, 200);
  EXPECT_EQ(get(source, "/livez?x=1").body, "ok\n");
}

TEST(Admin, IsReadyWhenEveryCheckHolds) {
  FakeSource source;
  EXPECT_EQ(get(source, "/readyz").status, 200);
  source.checks_.push_back({"plugin default/x", false, "ImagePullFailed:\nno"});
  const AdminResponse response = get(source, "/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body,
            "not ready\n[+] configuration\n[-] plugin default/x: ImagePullFailed:\\x0ano\n");
}

TEST(Admin, IsNotReadyWhileDraining) {
  FakeSource source;
  source.draining_ = true;
  EXPECT_EQ(get(source, "/readyz").status, 503);
}

TEST(Admin, ShowsMetrics) {
  FakeSource source;
  source.metrics_.counter("x_total", "An x.");
  const AdminResponse response = get(source, "/stats/prometheus");
  EXPECT_EQ(response.body, "# HELP x_total An x.\n# TYPE x_total counter\nx_total 0\n");
  EXPECT_EQ(header(response, "content-type"), "text/plain; version=0.0.4; charset=utf-8");
}

TEST(Admin, ShowsTheModelWithoutSecrets) {
  FakeSource source;
  source.refused_ = "bad \"text\"";
  source.model_ = std::make_shared<config::Model>();
  config::Plugin plugin;
  plugin.resource = "ns/p";
  plugin.configuration = "{\"t\":\"s3cret\"}";
  plugin.configuration_shown = "{\"t\":\"${secret.a.b}\"}";
  plugin.pull_credentials = "s3cret";
  source.model_->plugins.push_back(plugin);
  const AdminResponse response = get(source, "/config_dump");
  const auto json = nlohmann::json::parse(response.body);
  EXPECT_EQ(json["generation"], 7);
  EXPECT_EQ(json["refused"], "bad \"text\"");
  EXPECT_EQ(json["model"]["plugins"][0]["configuration"], "{\"t\":\"${secret.a.b}\"}");
  EXPECT_EQ(response.body.find("s3cret"), std::string::npos);
}

TEST(Admin, ShowsNoModelBeforeTheFirst) {
  EXPECT_TRUE(nlohmann::json::parse(get(FakeSource(), "/config_dump").body)["model"].is_null());
}

TEST(Admin, ShowsThePluginsConditions) {
  FakeSource source;
  source.plugins_ = {{"ns/p",
                      "oci://h/x",
                      "ab",
                      "0.2.1",
                      true,
                      {{"Programmed", false, "CompileFailed", "no \x1b text"}}}};
  const auto json = nlohmann::json::parse(get(source, "/plugins").body);
  const auto& plugin = json["plugins"][0];
  EXPECT_EQ(plugin["servingOlder"], true);
  EXPECT_EQ(plugin["conditions"][0]["status"], "False");
  EXPECT_EQ(plugin["conditions"][0]["reason"], "CompileFailed");
}

TEST(Admin, WritesTheStatusFileLikeThePage) {
  FakeSource source;
  source.refused_ = "x.yaml:1: error";
  source.plugins_ = {{"ns/p", "oci://h/x", "ab", "0.2.1", false, {}, "AUTHN", 5}};
  const auto page = nlohmann::json::parse(get(source, "/plugins").body);
  const auto file = nlohmann::json::parse(status_document(source));
  EXPECT_EQ(file["plugins"], page["plugins"]);
  EXPECT_EQ(file["plugins"][0]["priority"], 5);
  EXPECT_EQ(file["generation"], 7);
  EXPECT_EQ(file["refused"], "x.yaml:1: error");
}

TEST(Admin, RefusesOtherMethods) {
  const AdminResponse response = answer({"POST", "/healthz", "localhost", ""}, FakeSource());
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(header(response, "allow"), "GET, HEAD");
  EXPECT_EQ(answer({"HEAD", "/healthz", "localhost", ""}, FakeSource()).status, 200);
}

TEST(Admin, KnowsItsPages) {
  EXPECT_EQ(get(FakeSource(), "/").status, 200);
  EXPECT_EQ(get(FakeSource(), "/nothing").status, 404);
  EXPECT_EQ(get(FakeSource(), "/healthz/").status, 404);
}

TEST(Admin, AnswersToLoopbackNamesOnly) {
  for (const char* host :
       {"localhost", "LOCALHOST:80", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:8081"}) {
    EXPECT_EQ(answer({"GET", "/healthz", host, ""}, FakeSource()).status, 200) << host;
  }
  for (const char* host : {"", "evil.example.com", "evil.example.com:8081", "127.0.0.1.evil.com",
                           "10.0.0.1", "[::2]", "[::1", "[::1]x", "localhost.evil.com"}) {
    EXPECT_EQ(answer({"GET", "/healthz", host, ""}, FakeSource()).status, 403) << host;
  }
}

TEST(Admin, RefusesRequestsOfOtherSites) {
  EXPECT_EQ(
      answer({"GET", "/config_dump", "localhost", "http://evil.example.com"}, FakeSource()).status,
      403);
  EXPECT_EQ(answer({"GET", "/config_dump", "localhost", "null"}, FakeSource()).status, 403);
  EXPECT_EQ(
      answer({"GET", "/config_dump", "localhost", "http://localhost:8081"}, FakeSource()).status,
      200);
}

TEST(Admin, ForbidsCachingAndFraming) {
  const AdminResponse response = get(FakeSource(), "/");
  EXPECT_EQ(header(response, "cache-control"), "no-store");
  EXPECT_EQ(header(response, "x-content-type-options"), "nosniff");
  EXPECT_EQ(header(response, "x-frame-options"), "DENY");
}

}  // namespace
}  // namespace wasmgate::admin
