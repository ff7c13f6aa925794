// The parts of the host that need no guest: crash budget, shared data, queues, context ids.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wasm/host/host_test_support.h"

namespace wasmgate::wasm {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

class HalfRandom final : public RandomSource {
 public:
  void fill(std::span<uint8_t> out) override {
    std::fill(out.begin(), out.end(), uint8_t{0});
    out[0] = 25;  // of 0 … 50: no jitter
  }
};

struct Crashes {
  HalfRandom random;
  ManualClock clock;
  PluginLimits limits;
  CrashBudget budget{limits, random};
};

TEST(CrashBudget, TellsHowThePluginDoes) {
  Crashes c;
  EXPECT_EQ(c.budget.health(c.clock.now()).crashes, 0U);
  c.budget.on_crash(c.clock.now(), FailureCause::Deadline);
  EXPECT_EQ(c.budget.health(c.clock.now()).crashes, 1U);
  EXPECT_EQ(c.budget.health(c.clock.now()).cause, FailureCause::Deadline);
  EXPECT_FALSE(c.budget.health(c.clock.now()).quarantined);
  c.clock.advance(milliseconds(60'001));
  EXPECT_EQ(c.budget.health(c.clock.now()).crashes, 0U);
}

TEST(CrashBudget, BacksOffFromTheSecondCrash) {
  Crashes c;
  EXPECT_EQ(c.budget.on_crash(c.clock.now()).delay, milliseconds(0));
  EXPECT_EQ(c.budget.on_crash(c.clock.now()).delay, milliseconds(100));
  EXPECT_EQ(c.budget.on_crash(c.clock.now()).delay, milliseconds(200));
  EXPECT_EQ(c.budget.on_crash(c.clock.now()).delay, milliseconds(400));
  EXPECT_EQ(c.budget.state(), CrashBudget::State::Normal);
}

TEST(CrashBudget, ForgetsCrashesOutsideTheWindow) {
  Crashes c;
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(c.budget.on_crash(c.clock.now()).quarantined);
    c.clock.advance(seconds(16));
  }
}

TEST(CrashBudget, QuarantinesAfterFiveAndLetsOneProbeThrough) {
  Crashes c;
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(c.budget.on_crash(c.clock.now()).quarantined);
  }
  EXPECT_TRUE(c.budget.on_crash(c.clock.now()).quarantined);
  bool probe = false;
  EXPECT_FALSE(c.budget.admit(c.clock.now(), probe));
  c.clock.advance(seconds(30));
  EXPECT_TRUE(c.budget.admit(c.clock.now(), probe));
  EXPECT_TRUE(probe);
  EXPECT_FALSE(c.budget.admit(c.clock.now(), probe));
  c.budget.on_probe_ended();
  EXPECT_TRUE(c.budget.admit(c.clock.now(), probe));
  EXPECT_FALSE(probe);
}

TEST(CrashBudget, ACrashOfTheProbeQuarantinesAgain) {
  Crashes c;
  for (int i = 0; i < 5; ++i) {
    c.budget.on_crash(c.clock.now());
  }
  c.clock.advance(seconds(30));
  bool probe = false;
  ASSERT_TRUE(c.budget.admit(c.clock.now(), probe));
  EXPECT_TRUE(c.budget.on_crash(c.clock.now()).quarantined);
  c.budget.on_probe_ended();
  EXPECT_FALSE(c.budget.admit(c.clock.now(), probe));
  EXPECT_EQ(c.budget.quarantines(), 2U);
}

struct Data {
  SharedData::SetResult set(std::string_view key, std::string_view value, uint32_t cas = 0) {
    return data.set(key, value, cas, limits, clock.now(), evicted);
  }
  std::string get(std::string_view key) {
    const auto value = data.get(key, clock.now());
    return value ? value->bytes : "<none>";
  }
  SharedData data;
  PluginLimits limits;
  ManualClock clock;
  uint64_t evicted = 0;
};

TEST(SharedDataStore, EvictsTheOldestWritesWhenFullOfKeys) {
  Data d;
  d.limits.shared_data_keys = 2;
  d.set("a", "1");
  d.set("b", "2");
  d.set("a", "3");
  d.set("c", "4");
  EXPECT_EQ(d.get("b"), "<none>");
  EXPECT_EQ(d.get("a") + d.get("c"), "34");
  EXPECT_EQ(d.evicted, 1U);
}

TEST(SharedDataStore, EvictsByBytesAndRefusesWhatNeverFits) {
  Data d;
  d.limits.shared_data_bytes = 20;
  d.limits.shared_data_value_bytes = 15;
  d.limits.shared_data_key_bytes = 3;
  EXPECT_EQ(d.set("k", std::string(16, 'x')), SharedData::SetResult::TooLarge);
  EXPECT_EQ(d.set("long", "x"), SharedData::SetResult::TooLarge);
  d.set("a", std::string(12, 'x'));
  d.set("b", std::string(12, 'x'));
  EXPECT_EQ(d.data.keys(), 1U);
  EXPECT_EQ(d.data.bytes(), 13U);
}

TEST(SharedDataStore, AFailedWriteKeepsTheOldValue) {
  Data d;
  d.limits.shared_data_value_bytes = 3;
  d.set("k", "old");
  d.set("k", "too long");
  EXPECT_EQ(d.get("k"), "old");
}

TEST(SharedDataStore, ExpiresKeys) {
  Data d;
  d.set("k", "v");
  EXPECT_TRUE(d.data.expire("k", d.clock.now() + seconds(1)));
  EXPECT_EQ(d.get("k"), "v");
  d.clock.advance(seconds(1));
  EXPECT_EQ(d.get("k"), "<none>");
  EXPECT_FALSE(d.data.expire("k", d.clock.now()));
}

TEST(SharedDataStore, ListsByPrefix) {
  Data d;
  d.set("b1", "");
  d.set("a", "");
  d.set("b2", "");
  EXPECT_THAT(d.data.list("b", 10, d.clock.now()),
              ElementsAre(::testing::Pair("b1", 1), ::testing::Pair("b2", 3)));
  EXPECT_EQ(d.data.list("b", 1, d.clock.now()).size(), 1U);
}

TEST(SharedQueueStore, DropsTheOldestItemWhenFull) {
  SharedStores stores;
  PluginLimits limits;
  limits.queue_items = 2;
  const auto id = stores.register_queue("ns", "q", {}, limits);
  uint64_t dropped = 0;
  for (const char* item : {"1", "2", "3"}) {
    EXPECT_TRUE(stores.enqueue("ns", id, item, dropped));
  }
  EXPECT_EQ(dropped, 1U);
  std::string out;
  EXPECT_EQ(stores.dequeue("ns", id, out), SharedStores::Dequeue::Ok);
  EXPECT_EQ(out, "2");
}

TEST(SharedQueueStore, HasABudgetOfBytesAndOfQueues) {
  SharedStores stores;
  PluginLimits limits;
  limits.queue_bytes = 4;
  limits.queue_count = 1;
  const auto id = stores.register_queue("ns", "q", {}, limits);
  EXPECT_EQ(stores.register_queue("ns", "other", {}, limits), 0U);
  EXPECT_NE(stores.register_queue("ns2", "other", {}, limits), 0U);
  uint64_t dropped = 0;
  stores.enqueue("ns", id, "12345", dropped);
  EXPECT_EQ(stores.queue_length(id), 0U);
  stores.enqueue("ns", id, "123", dropped);
  stores.enqueue("ns", id, "45", dropped);
  EXPECT_EQ(stores.queue_length(id), 1U);
  EXPECT_EQ(dropped, 2U);
}

TEST(SharedQueueStore, RegisteringAgainMovesOwnershipAndKeepsItems) {
  SharedStores stores;
  PluginLimits limits;
  auto first = std::make_shared<testing::FakeMailbox>();
  auto second = std::make_shared<testing::FakeMailbox>();
  const auto ready = [](uint32_t) {};
  const auto id = stores.register_queue("ns", "q", {first, ready, 1}, limits);
  uint64_t dropped = 0;
  stores.enqueue("ns", id, "a", dropped);
  EXPECT_EQ(stores.register_queue("ns", "q", {second, ready, 2}, limits), id);
  stores.enqueue("ns", id, "b", dropped);
  EXPECT_EQ(first->posted.size(), 1U);
  EXPECT_EQ(second->posted.size(), 1U);
  stores.forget_owner(2);
  stores.enqueue("ns", id, "c", dropped);
  EXPECT_EQ(second->posted.size(), 1U);
  EXPECT_EQ(stores.queue_length(id), 3U);
}

TEST(SharedQueueStore, AGuessedIdIsNoRight) {
  SharedStores stores;
  const auto id = stores.register_queue("ns", "q", {}, PluginLimits());
  uint64_t dropped = 0;
  std::string out;
  EXPECT_TRUE(stores.enqueue("ns", id, "secret", dropped));
  EXPECT_FALSE(stores.enqueue("other", id, "x", dropped));
  EXPECT_EQ(stores.dequeue("other", id, out), SharedStores::Dequeue::NotFound);
  EXPECT_EQ(stores.resolve_queue("other", "ns", "q"), id);
  EXPECT_TRUE(stores.enqueue("other", id, "sent", dropped));
  EXPECT_EQ(stores.dequeue("other", id, out), SharedStores::Dequeue::NotFound)
      << "only the owner takes items out";
  EXPECT_EQ(stores.queue_length(id), 2U);
}

TEST(SharedStoresNamespace, EndsWithItsLastUser) {
  SharedStores stores;
  PluginLimits limits;
  stores.enter("ns");
  stores.enter("ns");
  const auto id = stores.register_queue("ns", "q", {}, limits);
  stores.leave("ns");
  EXPECT_EQ(stores.resolve_queue("ns", "ns", "q"), id);
  stores.leave("ns");
  EXPECT_EQ(stores.resolve_queue("ns", "ns", "q"), 0U);
}

TEST(ContextTable, FindsLivingContextsOnlyAndNeverReusesAnId) {
  ContextTable table;
  std::vector<std::unique_ptr<Context>> contexts;
  for (int i = 0; i < 1000; ++i) {
    contexts.push_back(std::make_unique<Context>());
    EXPECT_EQ(table.add(*contexts.back()), static_cast<uint32_t>(i + 1));
  }
  for (const auto& context : contexts) {
    EXPECT_EQ(table.find(context->id), context.get());
  }
  const auto id = contexts[500]->id;
  table.remove(*contexts[500]);
  EXPECT_EQ(table.find(id), nullptr);
  EXPECT_EQ(table.find(0), nullptr);
  EXPECT_EQ(table.find(0xFFFFFFFF), nullptr);
  Context late;
  EXPECT_EQ(table.add(late), 1001U);
}

}  // namespace
}  // namespace wasmgate::wasm
