#include "wasm/wasm_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wasm/host/host_test_support.h"

namespace wasmgate::wasm {
namespace {

using ::testing::ElementsAre;
using testing::GuestBuilder;
using ::testing::HasSubstr;
using testing::slot;
using testing::TestPlugin;
using testing::TestStream;

// kStopShowLater (of a head) and kHoldBuffer (of data) are the same facts.
std::string word(const filter::Verdict& verdict) {
  if (verdict == filter::kContinue) {
    return "continue";
  }
  if (verdict == filter::kStopShowLater) {
    return "hold";
  }
  if (verdict == filter::kStopBuffer) {
    return "stop, buffer";
  }
  if (verdict == filter::kStopWatermark) {
    return "stop, watermark";
  }
  if (verdict == filter::kHoldWatermark) {
    return "hold, watermark";
  }
  return verdict == filter::kDropPart ? "drop" : "?";
}

/// What the filter answers when the guest's callback returns `status`.
std::string verdict_of(std::string_view callback, uint32_t status, const char* marker,
                       bool setting) {
  GuestBuilder guest(marker);
  guest.on(callback, {}, status);
  PluginSpec spec;
  spec.limits.allow_on_headers_stop_iteration = setting;
  TestPlugin plugin(guest, spec);
  if (!plugin.start()) {
    return plugin.load_error + plugin.failure.message;
  }
  TestStream stream(plugin);
  if (callback == "proxy_on_request_headers") {
    return word(stream.request_headers());
  }
  if (callback == "proxy_on_response_headers") {
    return word(stream.response_headers());
  }
  if (callback == "proxy_on_request_body") {
    return word(stream.request_body("x", false));
  }
  stream.stream.request_trailers.add("t", "v");
  return word(
      stream.filter->on_trailers(filter::Direction::Request, stream.stream.request_trailers));
}

// The golden table: every status, ABI version and setting.
TEST(Verdict, OfEveryHeaderStatusIsTheTables) {
  std::string table;
  for (const char* marker : {"proxy_abi_version_0_1_0", "proxy_abi_version_0_2_0",
                             "proxy_abi_version_0_2_1", "proxy_abi_version_0_2_100"}) {
    for (const bool setting : {false, true}) {
      for (const uint32_t status : {0U, 1U, 2U, 3U, 4U, 5U, 0xFFFFFFFFU}) {
        for (const char* callback : {"proxy_on_request_headers", "proxy_on_response_headers"}) {
          const std::string expected =
              status == 0 || status == 2 ? "continue"
              : status == 3              ? "stop, buffer"
              : status == 1 && (setting || std::string_view(marker).ends_with("100"))
                  ? "hold"
                  : "stop, watermark";
          EXPECT_EQ(verdict_of(callback, status, marker, setting), expected)
              << marker << " " << status << " " << callback;
        }
      }
    }
  }
}

TEST(Verdict, OfEveryDataStatusIsTheTables) {
  const std::vector<std::pair<uint32_t, std::string>> table{
      {0, "continue"}, {1, "hold"}, {2, "hold, watermark"},
      {3, "drop"},     {4, "drop"}, {0xFFFFFFFF, "drop"}};
  for (const auto& [status, expected] : table) {
    EXPECT_EQ(verdict_of("proxy_on_request_body", status, "proxy_abi_version_0_2_1", false),
              expected)
        << status;
  }
}

TEST(Verdict, OfEveryTrailersStatusIsTheTables) {
  EXPECT_EQ(verdict_of("proxy_on_request_trailers", 0, "proxy_abi_version_0_2_1", false),
            "continue");
  EXPECT_EQ(verdict_of("proxy_on_request_trailers", 1, "proxy_abi_version_0_2_1", false),
            "stop, watermark");
  EXPECT_EQ(verdict_of("proxy_on_request_trailers", 7, "proxy_abi_version_0_2_1", false),
            "stop, watermark");
}

TEST(WasmFilter, DoesNotMakeAContextForCallbacksTheGuestLacks) {
  GuestBuilder guest;
  guest.on("proxy_on_context_create", {guest.call_texts("proxy_log", {"2", "8192", "0"})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  EXPECT_EQ(word(stream.request_headers()), "continue");
  EXPECT_EQ(dynamic_cast<StreamContext&>(*stream.filter).id, 0U);
}

TEST(WasmFilter, PassesIdCountAndEndToTheGuest) {
  GuestBuilder guest;
  guest.on("proxy_on_context_create", {"(call $keep (local.get 0))", "(call $keep (local.get 1))"});
  guest.on(
      "proxy_on_request_headers",
      {"(call $keep (local.get 0))", "(call $keep (local.get 1))", "(call $keep (local.get 2))"},
      0);
  guest.on("proxy_on_request_body", {"(call $keep (local.get 1))", "(call $keep (local.get 2))"},
           1);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers(false);
  stream.request_body("abc", false);
  stream.request_body("de", true);
  EXPECT_THAT(plugin.statuses(11), ElementsAre(1, 0, 2, 1, 2, 4, 0, 3, 0, 5, 1));
}

TEST(WasmFilter, EndsAStreamWithLogDoneAndDelete) {
  GuestBuilder guest;
  guest.on("proxy_on_log", {"(call $keep (i32.const 1))"});
  guest.on("proxy_on_done", {"(call $keep (i32.const 2))"}, 0);
  guest.on("proxy_on_delete", {"(call $keep (i32.const 3))"});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.end();
  EXPECT_THAT(plugin.statuses(4), ElementsAre(1, 2, 3, 0));
  EXPECT_EQ(plugin.vm().streams(), 0U);
}

TEST(WasmFilter, AsksForBodiesOnlyWhenTheGuestHasTheCallback) {
  GuestBuilder guest;
  guest.on("proxy_on_request_body", {}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  EXPECT_TRUE(stream.filter->wants_data(filter::Direction::Request));
  EXPECT_FALSE(stream.filter->wants_data(filter::Direction::Response));
}

TEST(WasmFilter, ShowsTheFinalBodyBeforeTrailersBySetting) {
  GuestBuilder guest;
  guest.on("proxy_on_request_body", {"(call $keep (local.get 1))", "(call $keep (local.get 2))"},
           "(i32.sub (i32.const 1) (local.get 2))");
  guest.on("proxy_on_request_trailers", {"(call $keep (i32.const 77))"}, 0);
  PluginSpec spec;
  spec.limits.final_body_callback_before_trailers = true;
  TestPlugin plugin(guest, spec);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_body("abc", false);
  stream.stream.request_trailers.add("t", "v");
  EXPECT_EQ(
      word(stream.filter->on_trailers(filter::Direction::Request, stream.stream.request_trailers)),
      "continue");
  EXPECT_THAT(plugin.statuses(5), ElementsAre(3, 0, 3, 1, 77));
}

// ---- Local replies.

std::string reply_step(GuestBuilder& guest, uint32_t code, std::string_view details,
                       std::string_view body, std::string_view headers = {}, int64_t grpc = -1) {
  return guest.call("proxy_send_local_response",
                    {code, guest.text(details), static_cast<int64_t>(details.size()),
                     guest.text(body), static_cast<int64_t>(body.size()), guest.text(headers),
                     static_cast<int64_t>(headers.size()), grpc});
}

TEST(LocalReply, IsSentAfterTheCallbackWhoseStatusBecomesStop) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers",
           {reply_step(guest, 403, "not you", "no",
                       std::string_view("\1\0\0\0\1\0\0\0\1\0\0\0X\0y\0", 16), 7)},
           0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  EXPECT_EQ(word(stream.request_headers()), "stop, watermark");
  EXPECT_EQ(plugin.status(0), 0U);
  EXPECT_THAT(stream.stream.actions, ElementsAre("reply 403 [not_you] no x=y grpc 7"));
}

TEST(LocalReply, ForcesDropForBodies) {
  GuestBuilder guest;
  guest.on("proxy_on_request_body", {reply_step(guest, 413, "", "")}, 1);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  EXPECT_EQ(word(stream.request_body("x", false)), "drop");
}

TEST(LocalReply, ASecondOneInOneCallbackIsIgnoredAndLogged) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers",
           {reply_step(guest, 403, "", "a"), reply_step(guest, 404, "", "b")}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_THAT(plugin.statuses(2), ElementsAre(0, 0));
  EXPECT_THAT(stream.stream.actions, ElementsAre("reply 403 [] a"));
  EXPECT_THAT(plugin.logger.text(), HasSubstr("second local reply"));
}

TEST(LocalReply, OneInTheResponseTakesThePlaceOfAnEarlierOne) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {reply_step(guest, 403, "", "a")}, 0);
  guest.on("proxy_on_response_headers", {reply_step(guest, 200, "", "page")}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  stream.response_headers();
  EXPECT_THAT(stream.stream.actions, ElementsAre("reply 403 [] a", "reply 200 [] page"));
}

TEST(LocalReply, AfterTheEndIsIgnored) {
  GuestBuilder guest;
  guest.on("proxy_on_log", {reply_step(guest, 403, "", "a")});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.end();
  EXPECT_EQ(plugin.status(0), 0U);
  EXPECT_TRUE(stream.stream.actions.empty());
}

TEST(LocalReply, InvalidOnesBecome500) {
  for (const uint32_t code : {0U, 99U, 199U, 600U, 70000U}) {
    GuestBuilder guest;
    guest.on("proxy_on_request_headers", {reply_step(guest, code, "", "")}, 0);
    TestPlugin plugin(guest);
    ASSERT_TRUE(plugin.start());
    TestStream stream(plugin);
    stream.request_headers();
    EXPECT_THAT(stream.stream.actions, ElementsAre(HasSubstr("reply 500 [wasm_bad_local_reply]")))
        << code;
  }
}

TEST(LocalReply, HeadersThatWouldSplitTheResponseBecome500) {
  GuestBuilder guest;
  guest.on(
      "proxy_on_request_headers",
      {reply_step(guest, 200, "", "", std::string_view("\1\0\0\0\1\0\0\0\4\0\0\0x\0a\r\nb\0", 19))},
      0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_THAT(stream.stream.actions, ElementsAre(HasSubstr("reply 500")));
}

// ---- Going on.

TEST(ContinueStream, TakesEffectAfterTheCallback) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {guest.call("proxy_continue_stream", {0})}, 1);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  EXPECT_EQ(word(stream.request_headers()), "stop, watermark");
  EXPECT_THAT(stream.stream.actions, ElementsAre("continue request"));
}

TEST(ContinueStream, KnowsItsArguments) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers",
           {guest.call("proxy_continue_stream", {1}), guest.call("proxy_continue_stream", {2}),
            guest.call("proxy_continue_stream", {3}), guest.call("proxy_continue_stream", {4}),
            guest.call("proxy_close_stream", {4})},
           0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_THAT(plugin.statuses(5), ElementsAre(0, 0, 0, 2, 2));
  EXPECT_THAT(stream.stream.actions, ElementsAre("continue response"));
}

TEST(CloseStream, ResetsAfterTheCallback) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {guest.call("proxy_close_stream", {1})}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_THAT(stream.stream.actions, ElementsAre("reset wasm_close_stream"));
}

TEST(ContinueRequest, LinksWithAndWithoutAResult) {
  for (const bool result : {false, true}) {
    GuestBuilder guest("proxy_abi_version_0_1_0");
    FunctionType type;
    if (result) {
      type.results = {ValueType::I32};
    }
    guest.import_as("proxy_continue_request", type);
    guest.on("proxy_on_request_headers", {guest.call("proxy_continue_request", {})}, 1);
    TestPlugin plugin(guest);
    ASSERT_TRUE(plugin.start()) << plugin.load_error;
    TestStream stream(plugin);
    stream.request_headers();
    EXPECT_THAT(stream.stream.actions, ElementsAre("continue request"));
  }
}

TEST(PauseLimit, EndsAStreamThatIsHeldTooLong) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {}, 1);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers(true);
  EXPECT_THAT(plugin.logger.text(), HasSubstr("nothing is outstanding"));
  plugin.services.advance(std::chrono::milliseconds(59'999));
  EXPECT_TRUE(stream.stream.actions.empty());
  plugin.services.advance(std::chrono::milliseconds(1));
  EXPECT_THAT(stream.stream.actions, ElementsAre(HasSubstr("fail 504")));
}

TEST(PauseLimit, OfARequestIsNotMovedByContinuingTheResponse) {
  GuestBuilder guest;
  guest.on("proxy_on_configure", {guest.call("proxy_set_tick_period_milliseconds", {10'000})}, 1);
  guest.on("proxy_on_request_headers", {}, 1);
  guest.on("proxy_on_tick", {guest.call("proxy_set_effective_context", {2}),
                             guest.call("proxy_continue_stream", {1})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers(true);
  plugin.services.advance(std::chrono::milliseconds(60'000));
  EXPECT_THAT(stream.stream.actions, ::testing::Contains(HasSubstr("fail 504")));
}

TEST(PauseLimit, StartsAgainWithEveryPart) {
  GuestBuilder guest;
  guest.on("proxy_on_request_body", {}, 1);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_body("a", false);
  plugin.services.advance(std::chrono::milliseconds(40'000));
  stream.request_body("b", false);
  plugin.services.advance(std::chrono::milliseconds(40'000));
  EXPECT_TRUE(stream.stream.actions.empty());
}

// ---- Failures.

TEST(Failure, OfACallbackFailsTheStreamOnce) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {"unreachable"}, 0);
  guest.on("proxy_on_log", {"unreachable"});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  EXPECT_EQ(word(stream.request_headers()), "stop, watermark");
  EXPECT_EQ(word(stream.request_body("x", true)), "stop, watermark");
  stream.end();
  EXPECT_THAT(stream.stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
}

TEST(Failure, IsSkippedWhenThePolicyIsOpen) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {"unreachable"}, 0);
  PluginSpec spec;
  spec.fail_open = true;
  TestPlugin plugin(guest, spec);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  EXPECT_EQ(word(stream.request_headers()), "continue");
  EXPECT_EQ(word(stream.response_headers()), "continue");
  EXPECT_THAT(stream.stream.actions, ElementsAre("skip"));
}

TEST(Failure, PolicyDiffersPerCause) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {"(loop br 0)"}, 0);
  PluginSpec spec;
  spec.limits.call_deadline = std::chrono::milliseconds(5);
  spec.fail_open_on[FailureCause::Deadline] = true;
  TestPlugin plugin(guest, spec);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  EXPECT_EQ(word(stream.request_headers()), "continue");
  EXPECT_THAT(stream.stream.actions, ElementsAre("skip"));
  EXPECT_THAT(plugin.logger.text(), HasSubstr("broke (deadline) in proxy_on_request_headers"));
}

TEST(Failure, ConcernsEveryStreamOfTheVmExactlyOnce) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {}, 1);
  guest.on("proxy_on_request_body", {"unreachable"}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream a(plugin);
  TestStream b(plugin);
  TestStream c(plugin);
  a.request_headers();
  b.request_headers();
  c.request_headers();
  b.request_body("x", false);
  plugin.services.run_deferred();
  for (auto* stream : {&a, &b, &c}) {
    EXPECT_THAT(stream->stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
  }
  a.end();
  b.end();
  c.end();
  EXPECT_TRUE(plugin.worker->idle());
}

TEST(Failure, OfOneStreamsCallLeavesNoTimerOrCallBehind) {
  GuestBuilder guest;
  guest.on("proxy_on_configure", {guest.call("proxy_set_tick_period_milliseconds", {100})}, 1);
  guest.on("proxy_on_tick", {"unreachable"});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  plugin.services.advance(std::chrono::milliseconds(100));
  EXPECT_TRUE(plugin.services.timers.empty());
  EXPECT_EQ(plugin.worker->vm(), nullptr);
}

TEST(Failure, TheSpareTakesOverAtOnce) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {"unreachable"}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  plugin.plugin->store_spare(plugin.plugin->prepare_vm().value());
  TestStream a(plugin);
  a.request_headers();
  plugin.services.run_deferred();
  ASSERT_NE(plugin.worker->vm(), nullptr);
  EXPECT_FALSE(plugin.plugin->has_spare());
  EXPECT_THAT(plugin.vm_requests, ElementsAre(std::chrono::milliseconds(0)));
  plugin.worker->adopt(plugin.plugin->prepare_vm().value());
  EXPECT_TRUE(plugin.plugin->has_spare());
}

TEST(Failure, WithoutASpareNewStreamsFollowThePolicyUntilAVmComes) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {"unreachable"}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream a(plugin);
  a.request_headers();
  TestStream b(plugin);
  b.request_headers();
  EXPECT_THAT(b.stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
  plugin.worker->adopt(plugin.plugin->prepare_vm().value());
  TestStream c(plugin);
  EXPECT_NE(dynamic_cast<WasmFilter*>(c.filter.get()), nullptr);
}

TEST(Failure, TooOftenMeansQuarantineAndAProbeEndsIt) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers",
           {"(if (i32.eq (local.get 2) (i32.const 0)) (then unreachable))"}, 0);
  TestPlugin plugin(guest);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(plugin.start());
    TestStream stream(plugin);
    stream.request_headers(false);
  }
  ASSERT_TRUE(plugin.start());
  EXPECT_EQ(plugin.plugin->crashes().state(), CrashBudget::State::Quarantined);
  TestStream refused(plugin);
  refused.request_headers(true);
  EXPECT_THAT(refused.stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
  plugin.services.advance(std::chrono::milliseconds(40'000));
  {
    TestStream probe(plugin);
    EXPECT_EQ(word(probe.request_headers(true)), "continue");
    TestStream beside(plugin);
    beside.request_headers(true);
    EXPECT_THAT(beside.stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
  }
  EXPECT_EQ(plugin.plugin->crashes().state(), CrashBudget::State::Normal);
  TestStream after(plugin);
  EXPECT_EQ(word(after.request_headers(true)), "continue");
}

TEST(Failure, OfTheProbeMeansQuarantineAgain) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {"unreachable"}, 0);
  TestPlugin plugin(guest);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(plugin.start());
    TestStream stream(plugin);
    stream.request_headers();
  }
  ASSERT_TRUE(plugin.start());
  plugin.services.advance(std::chrono::milliseconds(40'000));
  {
    TestStream probe(plugin);
    probe.request_headers();
    EXPECT_THAT(probe.stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
  }
  EXPECT_EQ(plugin.plugin->crashes().state(), CrashBudget::State::Quarantined);
  EXPECT_EQ(plugin.worker->vm(), nullptr);
}

TEST(Failure, OfASpareInTheTurnInWhichItTookOverEndsItToo) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {"unreachable"}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  ASSERT_TRUE(plugin.start());
  ASSERT_TRUE(plugin.plugin->has_spare());
  TestStream a(plugin);
  TestStream b(plugin);
  a.request_headers();
  // Nothing deferred has run: the spare stands in, not attached yet.
  TestStream c(plugin);
  c.request_headers();
  EXPECT_EQ(plugin.worker->vm(), nullptr);
  TestStream d(plugin);
  d.request_headers();
  EXPECT_THAT(d.stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
  // This one had the first VM, which broke before its first callback.
  b.request_headers();
  EXPECT_THAT(b.stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
  const std::string log = plugin.logger.text();
  size_t broke = 0;
  for (size_t at = log.find(" broke ("); at != std::string::npos;
       at = log.find(" broke (", at + 1)) {
    ++broke;
  }
  EXPECT_EQ(broke, 2U) << log;
}

TEST(Retirement, WaitsForStreamsThatTheGuestDoesNotKnowYet) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  {
    // A request that an earlier plug-in of its chain holds while the configuration changes.
    TestStream held(plugin);
    plugin.worker->retire();
    plugin.services.run_deferred();
    EXPECT_FALSE(plugin.worker->idle());
    EXPECT_EQ(word(held.request_headers(true)), "continue");
  }
  EXPECT_TRUE(plugin.worker->idle());
}

TEST(Failure, OfATickTooOftenKeepsTheNextVmAwayUntilTheQuarantineEnds) {
  GuestBuilder guest;
  guest.on("proxy_on_configure", {guest.call("proxy_set_tick_period_milliseconds", {10})}, 1);
  guest.on("proxy_on_tick", {"unreachable"});
  TestPlugin plugin(guest);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(plugin.start());
    plugin.services.advance(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(plugin.plugin->crashes().state(), CrashBudget::State::Quarantined);
  EXPECT_GE(plugin.vm_requests.back(), std::chrono::milliseconds(22'500))
      << "three quarters of the longest back-off";
  EXPECT_EQ(plugin.worker->vm(), nullptr);
}

TEST(Failure, IsLoggedWithCallbackCallsAndTheGuestsWords) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers",
           {guest.call("proxy_log", {4, guest.text("panicked at lib.rs"), 18}), "unreachable"}, 0);
  PluginSpec spec;
  spec.resource = "shop/auth";
  spec.digest = "sha256:abc";
  spec.generation = "7";
  TestPlugin plugin(guest, spec);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.stream.stream_info.request_id = "req-1";
  stream.request_headers();
  for (const char* part :
       {"plug-in shop/auth broke (trap) in proxy_on_request_headers",
        "stream context 2, request req-1", "unreachable", "generation 7, module sha256:abc",
        "the guest said: panicked at lib.rs", "proxy_log(4, ", ", 18)", "#0 "}) {
    EXPECT_THAT(plugin.logger.text(), HasSubstr(part));
  }
}

TEST(Recycling, ReplacesAVmAboveTheMemoryThresholdOnceItsStreamsLeft) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {"(drop (memory.grow (i32.const 8)))"}, 0);
  PluginSpec spec;
  spec.limits.memory_limit_bytes = 1024 * 1024;
  spec.limits.recycle_memory_percent = 50;
  TestPlugin plugin(guest, spec);
  ASSERT_TRUE(plugin.start());
  plugin.worker->flush_metrics();
  EXPECT_TRUE(plugin.vm_requests.empty()) << "small still";
  TestStream stream(plugin);
  stream.request_headers();
  plugin.services.advance(std::chrono::seconds(1));
  plugin.worker->flush_metrics();
  plugin.worker->flush_metrics();
  ASSERT_EQ(plugin.vm_requests.size(), 1U) << "asked for once";
  const Vm* old = &plugin.vm();
  ASSERT_TRUE(plugin.start());
  EXPECT_NE(&plugin.vm(), old);
  EXPECT_FALSE(plugin.worker->idle()) << "the stream still has the old one";
  stream.end();
  EXPECT_TRUE(plugin.worker->idle());
  plugin.worker->flush_metrics();
  EXPECT_EQ(plugin.vm_requests.size(), 1U);
}

TEST(Recycling, LeavesAVmAloneThatWasLargeFromTheStart) {
  GuestBuilder guest;
  guest.on("proxy_on_configure", {"(drop (memory.grow (i32.const 8)))"}, 1);
  guest.on("proxy_on_request_headers", {}, 0);
  PluginSpec spec;
  spec.limits.memory_limit_bytes = 1024 * 1024;
  spec.limits.recycle_memory_percent = 50;
  TestPlugin plugin(guest, spec);
  ASSERT_TRUE(plugin.start());
  TestStream(plugin).request_headers();
  plugin.services.advance(std::chrono::minutes(1));
  plugin.worker->flush_metrics();
  EXPECT_TRUE(plugin.vm_requests.empty()) << "another one would be as large";
}

TEST(Recycling, ReplacesAnOldVm) {
  PluginSpec spec;
  spec.limits.recycle_age = std::chrono::hours(1);
  TestPlugin plugin(GuestBuilder(), spec);
  ASSERT_TRUE(plugin.start());
  plugin.services.advance(std::chrono::minutes(59));
  plugin.worker->flush_metrics();
  EXPECT_TRUE(plugin.vm_requests.empty());
  plugin.services.advance(std::chrono::minutes(1));
  plugin.worker->flush_metrics();
  ASSERT_EQ(plugin.vm_requests.size(), 1U);
  const Vm* old = &plugin.vm();
  ASSERT_TRUE(plugin.start());
  EXPECT_NE(&plugin.vm(), old);
  plugin.worker->flush_metrics();
  EXPECT_EQ(plugin.vm_requests.size(), 1U) << "the new one is young";
}

TEST(Failure, ByMemoryHasItsOwnCause) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers",
           {"(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))", "unreachable"},
           0);
  PluginSpec spec;
  spec.limits.memory_limit_bytes = 1024 * 1024;
  TestPlugin plugin(guest, spec);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_THAT(plugin.logger.text(), HasSubstr("broke (memory)"));
}

TEST(Failure, OfTheRequestBudgetIsADeadline) {
  GuestBuilder guest;
  // About 2 ms at a time: far below the call's own deadline.
  guest.on("proxy_on_request_body",
           {"(local.set 0 (i32.const 4000000))",
            "(loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"},
           0);
  PluginSpec spec;
  spec.limits.call_deadline = std::chrono::milliseconds(10'000);
  spec.limits.request_deadline = std::chrono::milliseconds(20);
  TestPlugin plugin(guest, spec);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  for (int i = 0; i < 2000 && stream.stream.actions.empty(); ++i) {
    stream.request_body("x", false);
  }
  EXPECT_THAT(stream.stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
  EXPECT_THAT(plugin.logger.text(), HasSubstr("broke (deadline)"));
}

}  // namespace
}  // namespace wasmgate::wasm
