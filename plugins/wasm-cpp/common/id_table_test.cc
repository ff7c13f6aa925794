#include "id_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <unordered_map>

namespace wasmgate::sdk {
namespace {

TEST(IdTable, HasNothingWhenEmpty) {
  IdTable<int> table;
  EXPECT_EQ(table.find(7), nullptr);
  EXPECT_FALSE(table.remove(7));
}

TEST(IdTable, ReplacesByASecondInsert) {
  IdTable<int> table;
  table.insert(7, 1);
  table.insert(7, 2);
  EXPECT_EQ(*table.find(7), 2);
  EXPECT_EQ(table.size(), 1U);
}

TEST(IdTable, AgreesWithAMapUnderChurnWithLongLivedIds) {
  IdTable<std::unique_ptr<uint32_t>> table;
  std::unordered_map<uint32_t, uint32_t> model;
  uint64_t random = 12345;
  for (uint32_t id = 1; id < 20'000; ++id) {
    table.insert(id, std::make_unique<uint32_t>(id * 3));
    model[id] = id * 3;
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    const uint32_t back = static_cast<uint32_t>(random >> 40) % 60;
    const uint32_t victim = id > back ? id - back : 0;
    const auto removed = table.remove(victim);
    ASSERT_EQ(removed.has_value(), model.erase(victim) == 1) << victim;
    ASSERT_TRUE(!removed || **removed == victim * 3);
  }
  ASSERT_EQ(table.size(), model.size());
  for (uint32_t id = 0; id < 20'000; ++id) {
    const auto* found = table.find(id);
    ASSERT_EQ(found != nullptr, model.count(id) == 1) << id;
    ASSERT_TRUE(found == nullptr || **found == id * 3);
  }
}

TEST(IdTable, KeepsIdsThatShareAHome) {
  IdTable<uint32_t> table;
  for (const uint32_t id : {1U, 22U, 43U, 14U, 56U}) {
    table.insert(id, id);
  }
  table.remove(1);
  for (const uint32_t id : {22U, 43U, 14U, 56U}) {
    ASSERT_NE(table.find(id), nullptr) << id;
    EXPECT_EQ(*table.find(id), id);
  }
}

TEST(IdTable, VisitsUntilToldToStop) {
  IdTable<int> table;
  for (uint32_t id = 1; id <= 10; ++id) {
    table.insert(id, static_cast<int>(id));
  }
  int seen = 0;
  table.visit_until([&](int) { return ++seen == 4; });
  EXPECT_EQ(seen, 4);
}

}  // namespace
}  // namespace wasmgate::sdk
