// Host functions called by real guests: what a plug-in may not do, and what a hostile one tries.

#include "wasm/hostcalls/hostcall_table.h"
#include "wasm/hostcalls/hostcalls_test_support.h"

namespace wasmgate::wasm {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::get;
using testing::GuestBuilder;
using ::testing::HasSubstr;
using testing::kBadMemory;
using testing::kInternal;
using testing::kOk;
using ::testing::Not;
using testing::OneCallback;
using testing::slot;
using testing::TestPlugin;
using testing::TestStream;
using testing::write;

TEST(Capabilities, DeniedFunctionsAndCallbacksAreRefused) {
  PluginSpec spec;
  spec.capabilities = {"proxy_get_header_map_value", "proxy_on_request_headers", "malloc"};
  GuestBuilder guest;
  guest.on("proxy_on_request_headers",
           {guest.call("proxy_log", {2, guest.text("x"), 1}),
            guest.call("random_get", {slot(0), 4}), get(guest, 0, ":method", 1)},
           0);
  guest.on("proxy_on_response_headers", {"unreachable"}, 0);
  TestPlugin plugin(guest, spec);
  ASSERT_TRUE(plugin.start()) << plugin.failure.message;
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_EQ(stream.response_headers(), filter::kContinue);
  EXPECT_THAT(plugin.statuses(3), ElementsAre(kInternal, 76, kOk));
  EXPECT_THAT(plugin.logger.text(),
              HasSubstr("proxy_log is refused: it is not on the plug-in's capability list"));
  EXPECT_EQ(plugin.out(1), "GET");
}

TEST(StartPhase, AllowsOnlyLogAndWasi) {
  GuestBuilder guest;
  guest.on("_initialize", {guest.call("proxy_log", {2, guest.text("hi"), 2}),
                           guest.call("proxy_set_tick_period_milliseconds", {10}),
                           guest.call("random_get", {slot(0), 4})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  EXPECT_THAT(plugin.statuses(3), ElementsAre(kOk, kInternal, 0));
}

TEST(StartPhase, BeginsWithTheStartSection) {
  GuestBuilder guest;
  guest.add("  (func $first " + guest.call("proxy_log", {2, guest.text("hi"), 2}) +
            guest.call("proxy_set_tick_period_milliseconds", {10}) +
            guest.call("random_get", {slot(0), 4}) +
            guest.call("proxy_get_current_time_nanoseconds", {0xFFFFFFF}) + ") (start $first)\n");
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start()) << plugin.load_error << plugin.failure.message;
  EXPECT_THAT(plugin.statuses(4), ElementsAre(kOk, kInternal, 0, kBadMemory));
  EXPECT_THAT(plugin.logger.text(), HasSubstr("hi"));
}

TEST(StartPhase, AStartSectionThatExitsFailsTheStart) {
  GuestBuilder guest;
  guest.add("  (func $first " + guest.call("proc_exit", {3}) + ") (start $first)\n");
  TestPlugin plugin(guest);
  EXPECT_FALSE(plugin.start());
  EXPECT_THAT(plugin.failure.message,
              AllOf(HasSubstr("cannot be started"), HasSubstr("proc_exit(3)")));
}

/// Reads a header while the allocator does `body`.
struct AllocatorTrial {
  AllocatorTrial(const std::string& body, const std::string& before = "")
      : plugin(guest(body, before), spec()) {
    EXPECT_TRUE(plugin.start());
    stream = std::make_unique<TestStream>(plugin);
    stream->request_headers();
  }
  static PluginSpec spec() {
    PluginSpec out;
    out.limits.call_deadline = std::chrono::milliseconds(500);
    return out;
  }
  static GuestBuilder guest(const std::string& body, const std::string& before) {
    GuestBuilder g;
    g.on("proxy_on_request_headers", {get(g, 0, ":authority", 0)}, 0);
    g.add(before);
    for (const char* name :
         {"proxy_set_tick_period_milliseconds", "proxy_get_header_map_value", "proxy_log"}) {
      (void)g.call(name,
                   std::vector<int64_t>(name == std::string_view("proxy_get_header_map_value") ? 5
                                        : name == std::string_view("proxy_log")                ? 3
                                                                                               : 1,
                                        0));
    }
    g.set_allocator("  (func (export \"malloc\") (param $n i32) (result i32)\n" + body + ")\n");
    return g;
  }
  TestPlugin plugin;
  std::unique_ptr<TestStream> stream;
};

TEST(Allocator, MayReturnNonsense) {
  const uint32_t end = 4 * 65536;
  for (const auto& [address, expected] :
       std::vector<std::pair<uint32_t, uint32_t>>{{0, kBadMemory},
                                                  {1, kOk},
                                                  {end - 11, kOk},
                                                  {end - 10, kBadMemory},
                                                  {end, kBadMemory},
                                                  {0xFFFFFFFF, kBadMemory},
                                                  {0x80000000, kBadMemory}}) {
    AllocatorTrial trial(fmt::format("(i32.const {})", static_cast<int32_t>(address)));
    EXPECT_EQ(trial.plugin.status(0), expected) << address;
    EXPECT_TRUE(trial.stream->stream.actions.empty());
  }
}

TEST(Allocator, MayGrowAndMoveTheMemory) {
  AllocatorTrial trial("(drop (memory.grow (i32.const 100))) (i32.const 400000)");
  EXPECT_EQ(trial.plugin.status(0), kOk);
  EXPECT_EQ(trial.plugin.out(0), "example.com");
}

TEST(Allocator, MayNotChangeHostState) {
  AllocatorTrial trial(
      "(i32.store (i32.const 2000) (call $proxy_set_tick_period_milliseconds (i32.const 10))) "
      "(i32.const 1024)");
  EXPECT_EQ(trial.plugin.status(0), kOk);
  EXPECT_EQ(trial.plugin.u32(2000), kInternal);
  EXPECT_TRUE(trial.plugin.services.timers.empty());
  EXPECT_THAT(trial.plugin.logger.text(),
              HasSubstr("the guest's allocator may not change host state"));
}

TEST(Allocator, MayNotRecurseForEver) {
  AllocatorTrial trial(
      "(drop (call $proxy_get_header_map_value (i32.const 0) (i32.const 8192) (i32.const 10) "
      "(i32.const 2000) (i32.const 2004))) (i32.const 1024)");
  EXPECT_EQ(trial.plugin.status(0), kOk);
}

TEST(Allocator, AnEndlessLoopEndsAtTheDeadline) {
  AllocatorTrial trial("(loop br 0) (i32.const 0)");
  EXPECT_THAT(trial.stream->stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
  EXPECT_THAT(trial.plugin.logger.text(),
              HasSubstr("broke (deadline) in proxy_on_request_headers"));
}

TEST(Allocator, ATrapEndsTheCallWithItsOwnTrace) {
  AllocatorTrial trial("unreachable");
  EXPECT_THAT(trial.stream->stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
  EXPECT_THAT(trial.plugin.logger.text(), HasSubstr("the guest's allocator failed"));
}

TEST(Guest, ALoopOfCheapHostcallsEndsAtTheDeadline) {
  PluginSpec spec;
  spec.limits.call_deadline = std::chrono::milliseconds(10);
  OneCallback t(
      [](auto& g) {
        (void)g.call("proxy_get_log_level", {slot(0)});
        return OneCallback::Steps{
            "(loop (drop (call $proxy_get_log_level (i32.const 128))) (br 0))"};
      },
      spec);
  t.run();
  EXPECT_THAT(t.stream->stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
}

/// M19: every function with hostile addresses and sizes: a status, never a trap, never a write
/// outside.
TEST(EveryHostFunction, SurvivesHostileAddressesAndSizes) {
  const std::vector<int64_t> values{0,          1,          4 * 65536 - 1, 4 * 65536,
                                    0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
  for (const auto& entry : hostcall_table()) {
    if (entry.name == "proc_exit" || entry.name == "proc_raise" || entry.type.results.empty()) {
      continue;
    }
    GuestBuilder guest;
    std::vector<std::string> steps;
    const size_t count = entry.type.params.size();
    const auto one = [&](const std::vector<int64_t>& arguments) {
      // No room to keep all statuses: only that each is known.
      auto text = guest.call(entry.name, arguments);
      steps.push_back(fmt::format("(if (i32.gt_u {} (i32.const 76)) (then unreachable))",
                                  text.substr(12, text.size() - 13)));
    };
    for (const auto value : values) {
      one(std::vector<int64_t>(count, value));
      for (size_t i = 0; i < count; ++i) {
        std::vector<int64_t> arguments(count, 1);
        arguments[i] = value;
        one(arguments);
        std::fill(arguments.begin(), arguments.end(), 0);
        arguments[i] = value;
        one(arguments);
      }
    }
    guest.on("proxy_on_request_headers", steps, 0);
    PluginSpec spec;
    spec.limits.call_deadline = std::chrono::milliseconds(2000);
    TestPlugin plugin(guest, spec);
    plugin.logger.set_level(LogLevel::Off);
    ASSERT_TRUE(plugin.start()) << entry.name << plugin.load_error << plugin.failure.message;
    TestStream stream(plugin);
    stream.request_headers();
    for (const auto& action : stream.stream.actions) {
      EXPECT_THAT(action, Not(HasSubstr("fail"))) << entry.name;
    }
  }
}

}  // namespace
}  // namespace wasmgate::wasm
