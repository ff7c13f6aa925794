#include "base/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "base/arena_array.h"

namespace wasmgate {
namespace {

TEST(Arena, AlignsWhatIsAskedFor) {
  Arena arena;
  for (const size_t alignment : {1U, 2U, 4U, 8U, 16U}) {
    for (size_t i = 0; i < 300; ++i) {
      arena.allocate(1);
      const void* place = arena.allocate_aligned(24, alignment);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(place) % alignment, 0U);
    }
  }
}

TEST(Arena, GivesBytesThatDoNotOverlap) {
  Arena arena;
  std::vector<std::string_view> texts;
  for (int i = 0; i < 2'000; ++i) {
    texts.push_back(arena.copy("text " + std::to_string(i)));
    *static_cast<uint64_t*>(arena.allocate_aligned(8, 8)) = ~uint64_t{0};
  }
  for (int i = 0; i < 2'000; ++i) {
    ASSERT_EQ(texts[static_cast<size_t>(i)], "text " + std::to_string(i));
  }
}

TEST(Arena, KeepsOneBlockOfTheSizeThatWasNeeded) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "keeps nothing, so that a late use is found";
#endif
  Arena arena;
  for (int i = 0; i < 5; ++i) {
    arena.allocate(4'000);
  }
  arena.reset();
  const char* first = arena.allocate(4'000);
  for (int i = 1; i < 5; ++i) {
    ASSERT_EQ(arena.allocate(4'000), first + 4'000 * i);
  }
  arena.reset();
  EXPECT_EQ(arena.allocate(1), first);
}

struct Counted {
  explicit Counted(int& living) : living_(living) { ++living_; }
  ~Counted() { --living_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  int& living_;
};

TEST(ArenaArray, DestroysWhatItHolds) {
  Arena arena;
  int living = 0;
  {
    ArenaArray<Counted> array;
    array.start(arena, 3);
    array.emplace_back(living);
    const Counted* second = &array.emplace_back(living);
    EXPECT_EQ(&array[1], second);
    EXPECT_EQ(array.size(), 2U);
    EXPECT_EQ(living, 2);
  }
  EXPECT_EQ(living, 0);
}

TEST(ArenaArrayDeath, HasAFixedCapacity) {
  Arena arena;
  ArenaArray<int> array;
  array.start(arena, 1);
  array.emplace_back(1);
  EXPECT_DEATH(array.emplace_back(2), "size_ < capacity_");
}

}  // namespace
}  // namespace wasmgate
