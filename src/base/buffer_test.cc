#include "base/buffer.h"

#include <gtest/gtest.h>

#include <string>

namespace wasmgate {
namespace {

TEST(Buffer, AppendsAndDrains) {
  Buffer b("hello");
  b.append(" world");
  b.drain(6);
  EXPECT_EQ(b.view(), "world");
}

TEST(Buffer, DrainsAtMostWhatItHolds) {
  Buffer b("abc");
  b.drain(10);
  EXPECT_TRUE(b.empty());
}

TEST(Buffer, MovesTheBlockIntoAnEmptyBuffer) {
  Buffer a("payload");
  const char* block = a.view().data();
  Buffer b;
  b.append(std::move(a));
  EXPECT_EQ(b.view().data(), block);
  EXPECT_EQ(b.view(), "payload");
}

TEST(Buffer, ReplacesAnyRange) {
  Buffer b("0123456789");
  b.replace(2, 3, "abcdef");
  EXPECT_EQ(b.view(), "01abcdef56789");
  b.replace(0, 2, "");
  EXPECT_EQ(b.view(), "abcdef56789");
  b.replace(100, 5, "!");
  EXPECT_EQ(b.view(), "abcdef56789!");
  b.replace(0, static_cast<size_t>(-1), "x");
  EXPECT_EQ(b.view(), "x");
}

TEST(Buffer, KeepsItsBytesWhenItGrowsAfterADrain) {
  Buffer b;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string part = std::to_string(i);
    b.append(part);
    expected += part;
    if (i % 3 == 0) {
      b.drain(2);
      expected.erase(0, 2);
    }
  }
  EXPECT_EQ(b.view(), expected);
}

}  // namespace
}  // namespace wasmgate
