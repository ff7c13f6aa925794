// Host functions called by real guests: shared data, queues and metrics.

#include "wasm/hostcalls/hostcalls_test_support.h"

namespace wasmgate::wasm {
namespace {

using ::testing::ElementsAre;
using testing::get_shared;
using testing::GuestBuilder;
using testing::kBadArgument;
using testing::kCasMismatch;
using testing::kEmpty;
using testing::kNotFound;
using testing::kOk;
using testing::OneCallback;
using testing::set_shared;
using testing::slot;
using testing::TestPlugin;
using testing::TestStream;

TEST(SharedData, SetsReadsAndCompares) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{get_shared(g, "k", 0),        set_shared(g, "k", "v1", 0),
                              get_shared(g, "k", 0),        set_shared(g, "k", "v2", 999),
                              set_shared(g, "k", "v3", 1),  get_shared(g, "k", 2),
                              set_shared(g, "new", "n", 55)};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(7), ElementsAre(kNotFound, kOk, kOk, kCasMismatch, kOk, kOk, kOk));
  EXPECT_EQ(t.plugin.out(0) + t.plugin.out(2), "v1v3");
  EXPECT_NE(t.plugin.u32(slot(1)), t.plugin.u32(slot(3)));
}

TEST(SharedQueues, RegisterResolveEnqueueDequeue) {
  GuestBuilder guest;
  guest.on("proxy_on_configure",
           {guest.call("proxy_register_shared_queue", {guest.text("q"), 1, slot(0)}),
            guest.call("proxy_resolve_shared_queue", {0, 0, guest.text("q"), 1, slot(1)}),
            guest.call("proxy_resolve_shared_queue", {0, 0, guest.text("other"), 5, slot(2)})},
           1);
  guest.on("proxy_on_request_headers",
           {guest.call("proxy_enqueue_shared_queue", {1, guest.text("item"), 4}),
            guest.call("proxy_enqueue_shared_queue", {77, 0, 0})},
           0);
  guest.on("proxy_on_queue_ready",
           {"(call $keep (local.get 1))",
            guest.call("proxy_dequeue_shared_queue", {1, slot(3), slot(3) + 4}),
            guest.call("proxy_dequeue_shared_queue", {1, slot(4), slot(4) + 4}),
            guest.call("proxy_dequeue_shared_queue", {77, slot(4), slot(4) + 4})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_EQ(plugin.u32(slot(0)), 1U);
  EXPECT_EQ(plugin.u32(slot(1)), 1U);
  plugin.services.run_deferred();
  EXPECT_THAT(plugin.statuses(9),
              ElementsAre(kOk, kOk, kNotFound, kOk, kNotFound, 1, kOk, kEmpty, kNotFound));
  EXPECT_EQ(plugin.out(3), "item");
}

// ---- Metrics.

TEST(Metrics, CountSetAndObserve) {
  OneCallback t([](auto& g) {
    OneCallback::Steps s;
    for (uint32_t type = 0; type < 4; ++type) {
      s.push_back(
          g.call("proxy_define_metric", {type, g.text(fmt::format("m{}", type)), 2, slot(type)}));
    }
    for (const auto& [id, delta] : std::initializer_list<std::pair<int, int>>{
             {1, 5}, {1, 0}, {1, -1}, {2, 7}, {2, -3}, {3, 1}, {9, 1}}) {
      s.push_back(g.call("proxy_increment_metric", {id, delta}));
    }
    for (int id = 1; id <= 4; ++id) {
      s.push_back(g.call("proxy_record_metric", {id, 10}));
    }
    for (int id = 1; id <= 4; ++id) {
      s.push_back(g.call("proxy_get_metric", {id, slot(8 + static_cast<uint32_t>(id))}));
    }
    return s;
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(19),
              ElementsAre(kOk, kOk, kOk, kBadArgument, kOk, kBadArgument, kBadArgument, kOk, kOk,
                          kBadArgument, kNotFound, kOk, kOk, kOk, kNotFound, kOk, kOk, kBadArgument,
                          kNotFound));
  EXPECT_EQ(t.plugin.u64(slot(9)), 15U);
  EXPECT_EQ(t.plugin.u64(slot(10)), 10U);
}

TEST(Metrics, OverTheQuotaShareOneMetric) {
  PluginSpec spec;
  spec.limits.metric_count = 1;
  OneCallback t(
      [](auto& g) {
        return OneCallback::Steps{g.call("proxy_define_metric", {0, g.text("a"), 1, slot(0)}),
                                  g.call("proxy_define_metric", {0, g.text("b"), 1, slot(1)}),
                                  g.call("proxy_define_metric", {0, g.text("c"), 1, slot(2)})};
      },
      spec);
  t.run();
  EXPECT_NE(t.plugin.u32(slot(0)), t.plugin.u32(slot(1)));
  EXPECT_EQ(t.plugin.u32(slot(1)), t.plugin.u32(slot(2)));
}

}  // namespace
}  // namespace wasmgate::wasm
