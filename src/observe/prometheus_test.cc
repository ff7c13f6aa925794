#include "observe/prometheus.h"

#include <gtest/gtest.h>

namespace wasmgate {
namespace {

TEST(RenderPrometheus, WritesEachFamilyOnce) {
  MetricRegistry registry;
  registry.add(registry.counter("b_total", "Bees.", {{"route", "x"}}), 2);
  registry.counter("b_total", "Bees.", {{"route", "y"}});
  registry.set(registry.gauge("a", "An a."), -3);
  EXPECT_EQ(render_prometheus(registry),
            "# HELP a An a.\n# TYPE a gauge\na -3\n"
            "# HELP b_total Bees.\n# TYPE b_total counter\n"
            "b_total{route=\"x\"} 2\nb_total{route=\"y\"} 0\n");
}

TEST(RenderPrometheus, WritesCumulativeBucketsInTheShownUnit) {
  MetricRegistry registry;
  const MetricId id =
      registry.histogram("t_seconds", "Time.", {{1'000'000, 1'000'000'000}, 1e-9}, {{"p", "q"}});
  registry.observe(id, 500'000);
  registry.observe(id, 2'000'000'000);
  EXPECT_EQ(render_prometheus(registry),
            "# HELP t_seconds Time.\n# TYPE t_seconds histogram\n"
            "t_seconds_bucket{p=\"q\",le=\"0.001\"} 1\n"
            "t_seconds_bucket{p=\"q\",le=\"1\"} 1\n"
            "t_seconds_bucket{p=\"q\",le=\"+Inf\"} 2\n"
            "t_seconds_sum{p=\"q\"} 2.0005\nt_seconds_count{p=\"q\"} 2\n");
}

TEST(RenderPrometheus, LetsNoNameHelpOrValueForgeALine) {
  MetricRegistry registry;
  registry.counter("x\nfake 1\n", "help\nfake 2", {{"l\n=", "v\"}\nfake 3\r\x1b"}});
  const std::string text = render_prometheus(registry);
  EXPECT_EQ(text,
            "# HELP x_fake_1_ help\\nfake 2\n# TYPE x_fake_1_ counter\n"
            "x_fake_1_{l__=\"v\\\"}\\nfake 3\\\\x0d\\\\x1b\"} 0\n");
}

TEST(PrometheusName, ReplacesWhatIsNotAllowed) {
  EXPECT_EQ(prometheus_name("wasm.my-plugin:x"), "wasm_my_plugin:x");
  EXPECT_EQ(prometheus_name("9lives"), "_9lives");
  EXPECT_EQ(prometheus_name(""), "_");
}

TEST(PrometheusLabel, IsNeverReserved) {
  EXPECT_EQ(prometheus_label("__name__"), "_name__");
  EXPECT_EQ(prometheus_label("a:b"), "a_b");
}

TEST(PrometheusValue, ReplacesBadUtf8) {
  EXPECT_EQ(prometheus_value("Grüße"), "Grüße");
  EXPECT_EQ(prometheus_value("a\xff\xc3"), "a\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(prometheus_value("\xed\xa0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace wasmgate
