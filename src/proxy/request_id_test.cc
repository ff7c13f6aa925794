#include "proxy/request_id.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <regex>
#include <set>
#include <span>
#include <string>

namespace wasmgate::proxy {
namespace {

TEST(RequestIds, AreDistinctVersionFourUuids) {
  SystemRandom random;
  RequestIds ids(random);
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id(ids.next());
    EXPECT_TRUE(std::regex_match(id, form)) << id;
    EXPECT_TRUE(seen.insert(id).second);
  }
}

/// Gives the same numbers again.
class FixedRandom final : public RandomSource {
 public:
  void fill(std::span<uint8_t> out) override {
    for (uint8_t& byte : out) {
      state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
      byte = static_cast<uint8_t>(state_ >> 56);
    }
  }

 private:
  uint64_t state_ = 7;
};

TEST(RequestIds, AreTheDigitsOfTheGeneratorsNumbers) {
  FixedRandom random;
  FixedRandom again;
  RequestIds ids(random);
  RequestIds numbers(again);
  for (int i = 0; i < 1000; ++i) {
    const uint64_t high = numbers.next_number();
    const uint64_t low = numbers.next_number();
    char digits[33];
    std::snprintf(digits, sizeof(digits), "%016llx%016llx", static_cast<unsigned long long>(high),
                  static_cast<unsigned long long>(low));
    digits[12] = '4';
    digits[16] = "89ab"[low >> 60 & 3];
    std::string id(ids.next());
    std::erase(id, '-');
    ASSERT_EQ(id, digits);
  }
}

}  // namespace
}  // namespace wasmgate::proxy
