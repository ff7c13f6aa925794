// Host functions called by real guests: logging, time, configuration, contexts, ticks and the end
// of a plug-in.

#include "wasm/hostcalls/hostcalls_test_support.h"

namespace wasmgate::wasm {
namespace {

using ::testing::ElementsAre;
using testing::get;
using testing::GuestBuilder;
using ::testing::HasSubstr;
using testing::kBadArgument;
using testing::kBadMemory;
using testing::kNotFound;
using testing::kOk;
using testing::OneCallback;
using testing::slot;
using testing::TestPlugin;
using testing::TestStream;

TEST(ProxyLog, WritesALineWithThePluginsName) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{
        g.call("proxy_log", {2, g.text("hello"), 5}), g.call("proxy_log", {6, 0xFFFFFFF0, 5}),
        g.call("proxy_log", {2, 0xFFFFFFF0, 5}), g.call("proxy_log", {2, 4 * 65536 - 1, 1}),
        g.call("proxy_log", {2, 4 * 65536, 1})};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(5), ElementsAre(kOk, kBadArgument, kBadMemory, kOk, kBadMemory));
  EXPECT_THAT(t.plugin.logger.text(), HasSubstr("info plug-in ns/test: hello\n"));
}

TEST(ProxyLog, DropsLinesOverTheQuotaAndCountsThem) {
  PluginSpec spec;
  spec.limits.log_lines_per_second = 2;
  OneCallback t(
      [](auto& g) {
        OneCallback::Steps steps;
        for (int i = 0; i < 5; ++i) {
          steps.push_back(g.call("proxy_log", {2, g.text("line"), 4}));
        }
        return steps;
      },
      spec);
  t.run();
  EXPECT_EQ(t.plugin.status(4), kOk);
  EXPECT_EQ(t.plugin.logger.text(), "info plug-in ns/test: line\ninfo plug-in ns/test: line\n");
  EXPECT_EQ(t.plugin.registry.value(t.plugin.plugin->metrics().log_dropped), 3);
}

TEST(ProxyLog, CutsLongLines) {
  PluginSpec spec;
  spec.limits.log_line_bytes = 4;
  OneCallback t(
      [](auto& g) { return OneCallback::Steps{g.call("proxy_log", {2, g.text("abcdefgh"), 8})}; },
      spec);
  t.run();
  EXPECT_EQ(t.plugin.logger.text(), "info plug-in ns/test: abcd\n");
}

TEST(ProxyGetLogLevel, IsCappedAtCritical) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{g.call("proxy_get_log_level", {slot(0)}),
                              g.call("proxy_get_log_level", {0xFFFFFFFE})};
  });
  t.plugin.logger.set_level(LogLevel::Off);
  t.run();
  EXPECT_THAT(t.plugin.statuses(2), ElementsAre(kOk, kBadMemory));
  EXPECT_EQ(t.plugin.u32(slot(0)), 5U);
}

TEST(ProxyGetCurrentTime, IsWallTime) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{g.call("proxy_get_current_time_nanoseconds", {slot(0)})};
  });
  t.run();
  EXPECT_EQ(t.plugin.u64(slot(0)), 1767225600ULL * 1'000'000'000);
}

TEST(ProxyConfiguration, IsReadableByBuffersAndByTheOldCall) {
  PluginSpec spec;
  spec.configuration = R"({"a":1})";
  spec.vm_configuration = "vm";
  GuestBuilder guest;
  guest.on("proxy_on_vm_start",
           {"(call $keep (local.get 1))",
            guest.call("proxy_get_buffer_bytes", {6, 0, 100, slot(0), slot(0) + 4}),
            guest.call("proxy_get_configuration", {slot(1), slot(1) + 4})},
           1);
  guest.on("proxy_on_configure",
           {"(call $keep (local.get 1))",
            guest.call("proxy_get_buffer_bytes", {7, 1, 3, slot(2), slot(2) + 4}),
            guest.call("proxy_get_configuration", {slot(3), slot(3) + 4}),
            guest.call("proxy_get_buffer_status", {7, slot(4), slot(4) + 4})},
           1);
  TestPlugin plugin(guest, spec);
  ASSERT_TRUE(plugin.start());
  EXPECT_THAT(plugin.statuses(7), ElementsAre(2, kOk, kOk, 7, kOk, kOk, kOk));
  EXPECT_EQ(plugin.out(0) + plugin.out(1), "vmvm");
  EXPECT_EQ(plugin.out(2), "\"a\"");
  EXPECT_EQ(plugin.out(3), R"({"a":1})");
  EXPECT_EQ(plugin.u32(slot(4)), 7U);
}

TEST(EffectiveContext, IsALivingContextOfThePluginOnly) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{g.call("proxy_set_effective_context", {1}),
                              get(g, 0, ":method", 0),
                              g.call("proxy_set_effective_context", {0}),
                              g.call("proxy_set_effective_context", {77}),
                              g.call("proxy_set_effective_context", {-1}),
                              g.call("proxy_set_effective_context", {2}),
                              get(g, 0, ":method", 1)};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(7),
              ElementsAre(kOk, kNotFound, kBadArgument, kBadArgument, kBadArgument, kOk, kOk));
  EXPECT_EQ(t.plugin.out(1), "GET");
}

TEST(EffectiveContext, LetsAPluginContinueAnotherStream) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {}, 1);
  guest.on(
      "proxy_on_request_body",
      {guest.call("proxy_set_effective_context", {2}), guest.call("proxy_continue_stream", {0})},
      0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream a(plugin);
  TestStream b(plugin);
  a.request_headers();
  b.request_headers();
  b.request_body("x", false);
  EXPECT_THAT(a.stream.actions, ElementsAre("continue request"));
  EXPECT_TRUE(b.stream.actions.empty());
}

TEST(Tick, RunsEveryPeriodNotBelowTheMinimumUntilSetToZero) {
  GuestBuilder guest;
  guest.on("proxy_on_configure", {guest.call("proxy_set_tick_period_milliseconds", {1})}, 1);
  guest.on("proxy_on_tick", {"(call $keep (local.get 0))"});
  guest.on("proxy_on_request_headers", {guest.call("proxy_set_tick_period_milliseconds", {0})}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  plugin.services.advance(std::chrono::milliseconds(35));
  EXPECT_THAT(plugin.statuses(5), ElementsAre(kOk, 1, 1, 1, 0));
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_TRUE(plugin.services.timers.empty());
}

TEST(Tick, RunsOnTheFirstWorkerOnlyBySetting) {
  GuestBuilder guest;
  guest.on("proxy_on_configure", {guest.call("proxy_set_tick_period_milliseconds", {10})}, 1);
  guest.on("proxy_on_tick", {});
  PluginSpec spec;
  spec.limits.tick_on_one_worker = true;
  TestPlugin plugin(guest, spec);
  plugin.services.index = 1;
  ASSERT_TRUE(plugin.start());
  EXPECT_TRUE(plugin.services.timers.empty());
}

TEST(ProxyDone, WithoutAPendingDoneIsNotFound) {
  OneCallback t([](auto& g) { return OneCallback::Steps{g.call("proxy_done", {})}; });
  t.run();
  EXPECT_EQ(t.plugin.status(0), kNotFound);
}

TEST(Retire, CallsDoneAndDelete) {
  GuestBuilder guest;
  guest.on("proxy_on_done", {guest.call("proxy_log", {2, guest.text("done"), 4})}, 1);
  guest.on("proxy_on_delete", {guest.call("proxy_log", {2, guest.text("delete"), 6})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  plugin.worker->retire();
  plugin.services.run_deferred();
  EXPECT_EQ(plugin.logger.text(), "info plug-in ns/test: done\ninfo plug-in ns/test: delete\n");
  EXPECT_TRUE(plugin.worker->idle());
}

TEST(Retire, WaitsForStreams) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  plugin.worker->retire();
  plugin.services.run_deferred();
  EXPECT_FALSE(plugin.worker->idle());
  stream.end();
  EXPECT_TRUE(plugin.worker->idle());
}

TEST(Retire, WaitsForProxyDoneAndForcesItAfterTheTimeOut) {
  GuestBuilder guest;
  guest.on("proxy_on_done", {}, 0);
  guest.on("proxy_on_delete", {guest.call("proxy_log", {2, guest.text("delete"), 6})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  plugin.worker->retire();
  plugin.services.run_deferred();
  EXPECT_FALSE(plugin.worker->idle());
  plugin.services.advance(std::chrono::milliseconds(5'001));
  EXPECT_THAT(plugin.logger.text(), HasSubstr("delete"));
  EXPECT_TRUE(plugin.worker->idle());
}

TEST(Retire, EndsWithProxyDone) {
  GuestBuilder guest;
  guest.on("proxy_on_configure", {guest.call("proxy_set_tick_period_milliseconds", {100})}, 1);
  guest.on("proxy_on_done", {}, 0);
  guest.on("proxy_on_tick", {guest.call("proxy_done", {})});
  guest.on("proxy_on_delete", {guest.call("proxy_log", {2, guest.text("delete"), 6})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  plugin.worker->retire();
  plugin.services.run_deferred();
  plugin.services.advance(std::chrono::milliseconds(100));
  EXPECT_EQ(plugin.logger.text(), "info plug-in ns/test: delete\n");
  EXPECT_TRUE(plugin.worker->idle());
}

}  // namespace
}  // namespace wasmgate::wasm
