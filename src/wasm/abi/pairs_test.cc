#include "wasm/abi/pairs.h"

#include <gtest/gtest.h>

namespace wasmgate::wasm {
namespace {

using Pairs = std::vector<Pair>;

std::string bytes_of(std::initializer_list<int> bytes) {
  std::string out;
  for (const int b : bytes) {
    out.push_back(static_cast<char>(b));
  }
  return out;
}

TEST(Pairs, HaveTheLayoutOfTheAbi) {
  EXPECT_EQ(serialise_pairs(Pairs{{"a", "bc"}}),
            bytes_of({1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 'a', 0, 'b', 'c', 0}));
}

TEST(Pairs, OfAnEmptyMapHaveNoBytes) { EXPECT_EQ(serialise_pairs(Pairs{}), ""); }

TEST(Pairs, KeepOrderRepetitionsAndZeroBytes) {
  const Pairs pairs{{"x", "1"}, {std::string_view("\0k", 2), ""}, {"x", "2"}};
  const auto bytes = serialise_pairs(pairs);
  EXPECT_EQ(parse_pairs(bytes), pairs);
}

TEST(Pairs, TakeThreeFormsOfAnEmptyMap) {
  EXPECT_EQ(parse_pairs(""), Pairs{});
  EXPECT_EQ(parse_pairs(bytes_of({0})), Pairs{});
  EXPECT_EQ(parse_pairs(bytes_of({0, 0, 0, 0})), Pairs{});
}

TEST(Pairs, RefuseTrailingBytes) {
  EXPECT_FALSE(parse_pairs(serialise_pairs(Pairs{{"a", "b"}}) + "x"));
}

TEST(Pairs, RefuseEveryPrefix) {
  const auto good = serialise_pairs(Pairs{{"name", "value"}, {"other", ""}});
  for (size_t size = 2; size < good.size(); ++size) {
    EXPECT_FALSE(parse_pairs(std::string_view(good).substr(0, size))) << size;
  }
}

TEST(Pairs, RefuseAMissingZero) {
  auto bytes = serialise_pairs(Pairs{{"a", "b"}});
  bytes.back() = 'x';
  EXPECT_FALSE(parse_pairs(bytes));
}

TEST(Pairs, RefuseLengthsThatWrap) {
  EXPECT_FALSE(
      parse_pairs(bytes_of({1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 'a', 0, 'b', 0})));
}

TEST(Pairs, RefuseMoreThan1024) {
  EXPECT_TRUE(parse_pairs(serialise_pairs(Pairs(1024, Pair{"a", "b"}))));
  EXPECT_FALSE(parse_pairs(serialise_pairs(Pairs(1025, Pair{"a", "b"}))));
}

TEST(Pairs, RefuseMoreThanAMebibyte) {
  const std::string fits(kMaxPairsBytes - 4 - 8 - 3, 'v');
  EXPECT_TRUE(parse_pairs(serialise_pairs(Pairs{{"a", fits}})));
  const std::string over = fits + "v";
  EXPECT_FALSE(parse_pairs(serialise_pairs(Pairs{{"a", over}})));
}

}  // namespace
}  // namespace wasmgate::wasm
