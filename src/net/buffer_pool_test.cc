#include "net/buffer_pool.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace wasmgate::net {
namespace {

TEST(BufferPool, GivesTheSameBlockAgain) {
  BufferPool pool;
  Buffer first = pool.take(100'000);
  first.append("x");
  const char* block = first.view().data();
  pool.give(std::move(first));
  EXPECT_EQ(pool.kept(), 1u);
  Buffer second = pool.take(150'000);
  EXPECT_TRUE(second.empty());
  EXPECT_GE(second.capacity(), 150'000u);
  second.append("y");
  EXPECT_EQ(second.view().data(), block);
  EXPECT_EQ(pool.kept(), 0u);
}

TEST(BufferPool, KeepsNeitherSmallNorHugeNorTooMany) {
  BufferPool pool;
  pool.give(Buffer("small"));
  pool.give(pool.take(5'000'000));
  EXPECT_EQ(pool.kept(), 0u);
  std::vector<Buffer> many;
  for (int i = 0; i < 100; ++i) {
    many.push_back(pool.take(100'000));
  }
  for (Buffer& buffer : many) {
    pool.give(std::move(buffer));
  }
  EXPECT_EQ(pool.kept(), 16u);
}

TEST(BufferPool, MakesRoomAndKeepsTheContents) {
  BufferPool pool;
  Buffer out("head");
  pool.make_room(out, 200'000);
  EXPECT_EQ(out.view(), "head");
  EXPECT_GE(out.spare(), 200'000u);
  out.append(std::string(200'000, 'x'));
  pool.make_room(out, 100'000);
  EXPECT_EQ(out.size(), 200'004u);
  EXPECT_TRUE(out.view().starts_with("headx"));
}

}  // namespace
}  // namespace wasmgate::net
