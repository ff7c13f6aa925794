#include "observe/metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace wasmgate {
namespace {

TEST(MetricRegistry, SumsOverShardsAndThreadsWithout) {
  MetricRegistry registry;
  const MetricId id = registry.counter("a", "");
  MetricShard one(registry);
  MetricShard two(registry);
  one.add(id, 2);
  two.add(id, 3);
  registry.add(id, 5);
  EXPECT_EQ(registry.value(id), 10);
}

TEST(MetricRegistry, KeepsWhatAClosedShardCounted) {
  MetricRegistry registry;
  const MetricId id = registry.counter("a", "");
  {
    MetricShard(registry).add(id, 7);
  }
  EXPECT_EQ(registry.value(id), 7);
}

TEST(MetricRegistry, GivesOneValueForOneNameDefinedTwice) {
  MetricRegistry registry;
  EXPECT_EQ(registry.counter("a", "", {{"k", "v"}}), registry.counter("a", "", {{"k", "v"}}));
  EXPECT_NE(registry.counter("a", "", {{"k", "v"}}), registry.counter("a", "", {{"k", "w"}}));
}

TEST(MetricRegistry, SetsAGaugeForTheWholeProcess) {
  MetricRegistry registry;
  const MetricId id = registry.gauge("g", "");
  MetricShard one(registry);
  MetricShard two(registry);
  one.set(id, 5);
  two.set(id, 9);
  one.add(id, -2);
  EXPECT_EQ(registry.value(id), 7);
}

TEST(MetricRegistry, DoesNotSetACounter) {
  MetricRegistry registry;
  const MetricId id = registry.counter("c", "");
  registry.set(id, 5);
  EXPECT_EQ(registry.value(id), 0);
}

TEST(MetricRegistry, SeparatesNamesThatLookTheSameOnThePage) {
  MetricRegistry registry;
  const MetricId dotted = registry.counter("a.b", "");
  const MetricId lined = registry.counter("a_b", "");
  EXPECT_NE(dotted, lined);
  EXPECT_EQ(registry.collect().at(1).name, "a_b_2");
}

TEST(MetricRegistry, SeparatesKindsOfOneName) {
  MetricRegistry registry;
  registry.counter("a", "", {{"k", "1"}});
  registry.gauge("a", "", {{"k", "2"}});
  EXPECT_EQ(registry.collect().at(1).name, "a_2");
}

TEST(MetricRegistry, KeepsTheSeriesNamesOfAHistogramFree) {
  MetricRegistry registry;
  registry.histogram("h", "", number_shape());
  registry.counter("h_count", "");
  EXPECT_EQ(registry.collect().at(1).name, "h_count_2");
}

TEST(MetricRegistry, RemovesAnOwnerAndUsesItsCellsAgain) {
  MetricRegistry registry;
  MetricShard shard(registry);
  const MetricId old = registry.counter("a", "", {}, "plugin");
  const MetricId kept = registry.counter("b", "");
  shard.add(old, 5);
  shard.add(kept, 1);
  registry.remove_owner("plugin");
  EXPECT_EQ(registry.collect().size(), 1U);
  const MetricId fresh = registry.counter("c", "", {}, "other");
  EXPECT_EQ(fresh.cell, old.cell);
  EXPECT_EQ(registry.value(fresh), 0);
  EXPECT_EQ(registry.value(kept), 1);
}

TEST(MetricRegistry, KeepsAMetricUntilItsLastOwnerIsRemoved) {
  MetricRegistry registry;
  registry.counter("a", "", {}, "one");
  registry.counter("a", "", {}, "two");
  registry.remove_owner("one");
  EXPECT_EQ(registry.collect().size(), 1U);
  registry.remove_owner("two");
  EXPECT_EQ(registry.collect().size(), 0U);
}

TEST(MetricRegistry, GivesASinkWhenFull) {
  MetricRegistry registry;
  constexpr uint32_t kAll = detail::MetricCells::kChunkCells * detail::MetricCells::kChunks;
  for (uint32_t i = MetricId::kSinkCells; i < kAll; ++i) {
    ASSERT_FALSE(registry.counter("m" + std::to_string(i), "").is_sink());
  }
  MetricShard shard(registry);
  const MetricId id = registry.histogram("late", "", number_shape());
  EXPECT_TRUE(id.is_sink());
  shard.observe(id, 3);
  EXPECT_EQ(registry.value(id), 0);
  EXPECT_EQ(registry.dropped_definitions(), 1U);
}

TEST(MetricRegistry, PutsABoundaryValueInItsOwnBucket) {
  MetricRegistry registry;
  MetricShard shard(registry);
  const MetricId id = registry.histogram("h", "", {{10, 20}, 1});
  for (const uint64_t value : {0U, 10U, 11U, 20U, 21U}) {
    shard.observe(id, value);
  }
  registry.observe(id, 15);
  const MetricSample sample = registry.collect().at(0);
  EXPECT_EQ(sample.buckets, (std::vector<uint64_t>{2, 3, 1}));
  EXPECT_EQ(sample.sum, 77U);
  EXPECT_EQ(registry.value(id), 6);
}

TEST(MetricRegistry, DefinesWhileOtherThreadsCount) {
  MetricRegistry registry;
  const MetricId id = registry.counter("hot", "");
  const auto count = [&] {
    MetricShard shard(registry);
    for (int i = 0; i < 20'000; ++i) {
      shard.add(id);
    }
  };
  std::thread one(count);
  std::thread two(count);
  for (int i = 0; i < 2'000; ++i) {
    registry.counter("cold" + std::to_string(i), "", {}, "plugin");
  }
  registry.remove_owner("plugin");
  one.join();
  two.join();
  EXPECT_EQ(registry.value(id), 40'000);
}

}  // namespace
}  // namespace wasmgate
