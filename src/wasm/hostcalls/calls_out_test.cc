// Host functions called by real guests: calls to HTTP, gRPC and Redis services.

#include "wasm/abi/pairs.h"
#include "wasm/hostcalls/hostcalls_test_support.h"

namespace wasmgate::wasm {
namespace {

using ::testing::ElementsAre;
using testing::get;
using testing::GuestBuilder;
using testing::kBadArgument;
using testing::kBadMemory;
using testing::kInternal;
using testing::kNotFound;
using testing::kOk;
using testing::OneCallback;
using testing::slot;
using testing::TestPlugin;
using testing::TestStream;

const std::vector<Pair> kCallHeaders{{":method", "GET"}, {":path", "/"}, {":authority", "a"}};

std::string http_call(GuestBuilder& g, std::string_view cluster, const std::vector<Pair>& headers,
                      std::string_view body, int64_t timeout, uint32_t out) {
  const auto bytes = serialise_pairs(headers);
  return g.call("proxy_http_call", {g.text(cluster), static_cast<int64_t>(cluster.size()),
                                    g.text(bytes), static_cast<int64_t>(bytes.size()), g.text(body),
                                    static_cast<int64_t>(body.size()), 0, 0, timeout, out});
}

GuestBuilder calling_guest() {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers",
           {http_call(guest, "known", kCallHeaders, "body", 500, slot(0))}, 1);
  guest.on(
      "proxy_on_http_call_response",
      {"(call $keep (local.get 0))", "(call $keep (local.get 1))", "(call $keep (local.get 2))",
       "(call $keep (local.get 3))", "(call $keep (local.get 4))", get(guest, 6, ":status", 1),
       guest.call("proxy_get_buffer_bytes", {4, 0, 100, slot(2), slot(2) + 4}),
       guest.call("proxy_get_status", {slot(4), slot(3), slot(3) + 4}),
       guest.call("proxy_set_effective_context", {2}), guest.call("proxy_continue_stream", {0})});
  return guest;
}

TEST(HttpCall, DeliversItsResponseToTheRootContext) {
  TestPlugin plugin(calling_guest());
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers(true);
  ASSERT_EQ(plugin.services.calls.size(), 1U);
  EXPECT_EQ(plugin.services.calls[0]->cluster, "known");
  EXPECT_EQ(plugin.services.calls[0]->headers.get("content-length"), "4");
  EXPECT_EQ(plugin.services.calls[0]->timeout, std::chrono::milliseconds(500));
  http::HeaderMap response;
  response.add(":status", "200");
  response.add("x", "y");
  plugin.services.calls[0]->events->on_http_response(response, "answer", nullptr);
  const auto id = plugin.u32(slot(0));
  EXPECT_EQ(id & 3, 0U);
  EXPECT_THAT(plugin.statuses(11), ElementsAre(kOk, 1, id, 2, 6, 0, kOk, kOk, kOk, kOk, kOk));
  EXPECT_EQ(plugin.out(1) + plugin.out(2), "200answer");
  EXPECT_THAT(stream.stream.actions, ElementsAre("continue request"));
}

TEST(HttpCall, AConnectFailureIsAResponseAndAResetIsNone) {
  for (const auto& [failure, headers, status, text] :
       std::vector<std::tuple<CallFailure, uint32_t, std::string, std::string>>{
           {CallFailure::ConnectionRefused, 3, "503", "connection refused"},
           {CallFailure::Timeout, 3, "504", "timeout"},
           {CallFailure::Reset, 0, "", "reset"},
           {CallFailure::ResponseTooLarge, 0, "", "response too large"}}) {
    TestPlugin plugin(calling_guest());
    ASSERT_TRUE(plugin.start());
    TestStream stream(plugin);
    stream.request_headers(true);
    plugin.services.calls[0]->events->on_http_failure(failure);
    EXPECT_EQ(plugin.status(3), headers);
    EXPECT_EQ(plugin.out(1), status);
    EXPECT_EQ(plugin.out(3), text);
    EXPECT_EQ(plugin.u32(slot(4)), 11U);
  }
}

TEST(HttpCall, ChecksItsArguments) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{
        http_call(g, "unknown", kCallHeaders, "", 1, slot(0)),
        http_call(g, "known", {{":method", "GET"}, {":path", "/"}}, "", 1, slot(0)),
        http_call(g, "known", kCallHeaders, "", 0x80000000, slot(0)),
        http_call(g, "known", {{":method", "G\r\nX"}, {":path", "/"}, {":authority", "a"}}, "", 1,
                  slot(0)),
        http_call(g, "known", kCallHeaders, "", 1, 0xFFFFFFFE)};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(5),
              ElementsAre(kBadArgument, kBadArgument, kBadArgument, kBadArgument, kBadMemory));
  EXPECT_TRUE(t.plugin.services.calls.empty());
}

TEST(HttpCall, ThatCannotStartIsAnInternalFailureWithoutCallback) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{http_call(g, "known", kCallHeaders, "", 1, slot(0))};
  });
  t.plugin.services.start = CallStart::NotStarted;
  t.run();
  EXPECT_EQ(t.plugin.status(0), kInternal);
  EXPECT_EQ(t.plugin.vm().root().callouts.in_flight(), 0U);
}

TEST(HttpCall, IsLimitedPerStreamAndToAllowedClusters) {
  PluginSpec spec;
  spec.limits.callouts_per_stream = 2;
  spec.callout_clusters = {"known"};
  OneCallback t(
      [](auto& g) {
        return OneCallback::Steps{http_call(g, "other", kCallHeaders, "", 1, slot(0)),
                                  http_call(g, "known", kCallHeaders, "", 1, slot(0)),
                                  http_call(g, "known", kCallHeaders, "", 1, slot(0)),
                                  http_call(g, "known", kCallHeaders, "", 1, slot(0))};
      },
      spec);
  t.plugin.services.clusters = {"known", "other"};
  t.run();
  EXPECT_THAT(t.plugin.statuses(4), ElementsAre(kInternal, kOk, kOk, kInternal));
}

TEST(HttpCall, OutlivesItsStreamAndEndsWithTheVm) {
  TestPlugin plugin(calling_guest());
  ASSERT_TRUE(plugin.start());
  {
    TestStream stream(plugin);
    stream.request_headers(true);
  }
  EXPECT_FALSE(plugin.services.calls[0]->cancelled);
  plugin.worker->retire();
  plugin.services.run_deferred();
  EXPECT_TRUE(plugin.services.calls[0]->cancelled);
}

TEST(HttpCall, AskedForWhileConfiguringBeginsOnTheWorker) {
  GuestBuilder guest;
  guest.on("proxy_on_configure", {http_call(guest, "known", kCallHeaders, "", 100, slot(0))}, 1);
  guest.on("proxy_on_http_call_response", {"(call $keep (local.get 1))"});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  ASSERT_EQ(plugin.services.calls.size(), 1U);
  plugin.services.calls[0]->events->on_http_failure(CallFailure::Reset);
  EXPECT_EQ(plugin.status(1), plugin.u32(slot(0)));
}

TEST(GrpcCall, AnswersOnceAndFailsOnce) {
  for (const bool ok : {true, false}) {
    GuestBuilder guest;
    guest.on("proxy_on_request_headers",
             {guest.call("proxy_grpc_call",
                         {guest.text("known"), 5, guest.text("p.S"), 3, guest.text("M"), 1, 0, 0,
                          guest.text("ask"), 3, 100, slot(0)})},
             0);
    guest.on("proxy_on_grpc_receive",
             {"(call $keep (local.get 1))",
              guest.call("proxy_get_buffer_bytes", {5, 0, 99, slot(1), slot(1) + 4})});
    guest.on("proxy_on_grpc_close",
             {"(call $keep (local.get 2))",
              guest.call("proxy_get_status", {slot(2), slot(3), slot(3) + 4})});
    TestPlugin plugin(guest);
    ASSERT_TRUE(plugin.start());
    TestStream stream(plugin);
    stream.request_headers();
    ASSERT_EQ(plugin.services.grpcs.size(), 1U);
    auto grpc = plugin.services.grpcs[0];
    EXPECT_EQ(grpc->service, "p.S/M@known");
    EXPECT_THAT(grpc->actions, ElementsAre("send ask end"));
    if (ok) {
      grpc->events->on_message("answer");
      grpc->events->on_close(0, "");
      EXPECT_THAT(plugin.statuses(3), ElementsAre(kOk, plugin.u32(slot(0)), kOk));
      EXPECT_EQ(plugin.out(1), "answer");
    } else {
      grpc->events->on_close(5, "gone");
      EXPECT_THAT(plugin.statuses(3), ElementsAre(kOk, 5, kOk));
      EXPECT_EQ(plugin.out(3), "gone");
    }
    EXPECT_EQ(plugin.u32(slot(0)) & 3, 1U);
  }
}

TEST(GrpcStream, SendsReceivesAndEnds) {
  GuestBuilder guest;
  guest.on(
      "proxy_on_request_headers",
      {guest.call("proxy_grpc_stream", {guest.text("known"), 5, guest.text("p.S"), 3,
                                        guest.text("M"), 1, 0, 0, slot(0)}),
       guest.call_texts("proxy_grpc_send", {"(i32.load (i32.const 128))", "8192", "2", "0"}),
       guest.call("proxy_grpc_send", {4, 0, 0, 0}), guest.call("proxy_grpc_send", {402, 0, 0, 0}),
       guest.call_texts("proxy_grpc_close", {"(i32.load (i32.const 128))"}),
       guest.call("proxy_grpc_cancel", {402}), guest.call("proxy_grpc_close", {3})},
      0);
  guest.on("proxy_on_grpc_receive_initial_metadata",
           {"(call $keep (local.get 2))", get(guest, 4, "k", 1)});
  guest.on("proxy_on_grpc_receive", {"(call $keep (local.get 2))"});
  guest.on("proxy_on_grpc_close", {"(call $keep (local.get 2))",
                                   guest.call_texts("proxy_grpc_cancel", {"(local.get 1)"})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_THAT(plugin.statuses(7),
              ElementsAre(kOk, kOk, kBadArgument, kNotFound, kOk, kNotFound, kNotFound));
  auto grpc = plugin.services.grpcs[0];
  EXPECT_THAT(grpc->actions, ElementsAre("send kn", "close"));
  http::HeaderMap metadata;
  metadata.add("k", "v");
  grpc->events->on_initial_metadata(metadata);
  grpc->events->on_message("abc");
  grpc->events->on_message("");
  grpc->events->on_close(0, "");
  EXPECT_THAT(plugin.statuses(13), ElementsAre(kOk, kOk, kBadArgument, kNotFound, kOk, kNotFound,
                                               kNotFound, 1, kOk, 3, 0, 0, kNotFound));
  EXPECT_EQ(plugin.out(1), "v");
}

TEST(GrpcCall, ToAnUnknownClusterDoesNotParse) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{
        g.call("proxy_grpc_call", {g.text("nope"), 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, slot(0)})};
  });
  t.run();
  EXPECT_EQ(t.plugin.status(0), 4U);
}

TEST(Redis, IsPreparedThenCalled) {
  GuestBuilder guest;
  guest.on("proxy_on_configure",
           {guest.call("proxy_redis_init", {guest.text("known?db=3"), 10, guest.text("u"), 1,
                                            guest.text("p"), 1, 200})},
           1);
  guest.on(
      "proxy_on_request_headers",
      {guest.call("proxy_redis_call", {guest.text("known"), 5, guest.text("PING"), 4, slot(0)}),
       guest.call("proxy_redis_call", {guest.text("other"), 5, 0, 0, slot(1)})},
      1);
  guest.on(
      "proxy_on_redis_call_response",
      {"(call $keep (local.get 1))", "(call $keep (local.get 2))", "(call $keep (local.get 3))",
       guest.call("proxy_get_buffer_bytes", {9, 0, 99, slot(2), slot(2) + 4})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  ASSERT_EQ(plugin.services.redis.size(), 1U);
  EXPECT_EQ(plugin.services.redis[0].target.database, 3U);
  EXPECT_EQ(plugin.services.redis[0].query, "PING");
  plugin.services.redis[0].events->on_redis_reply("+PONG\r\n");
  EXPECT_THAT(plugin.statuses(7),
              ElementsAre(kOk, kOk, kBadArgument, plugin.u32(slot(0)), 0, 7, kOk));
  EXPECT_EQ(plugin.out(2), "+PONG\r\n");
}

}  // namespace
}  // namespace wasmgate::wasm
