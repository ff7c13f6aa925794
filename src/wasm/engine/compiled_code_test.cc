#include "wasm/engine/compiled_code.h"

#include <gtest/gtest.h>

#include "wasm/engine/engine_test_support.h"

namespace wasmgate::wasm {
namespace {

using testing::test_engine;
using testing::wasm_of;

SealKey key_of(uint8_t byte) {
  SealKey key{};
  key.fill(byte);
  return key;
}

std::string image() {
  return compile_to_image(test_engine(), wasm_of(R"((module (func (export "f"))))"), key_of(1))
      .value();
}

TEST(CompiledCode, OpensWithItsKey) {
  const auto sealed = image();
  const auto code = open_image(sealed, test_engine(), key_of(1));
  ASSERT_TRUE(code);
  EXPECT_TRUE(test_engine().deserialize(*code));
}

TEST(CompiledCode, RefusesAnotherKey) {
  EXPECT_FALSE(open_image(image(), test_engine(), key_of(2)));
}

TEST(CompiledCode, RefusesEveryChangedByteOfAnImage) {
  const auto good = image();
  for (size_t at = 0; at < good.size(); at += 97) {
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_FALSE(open_image(bad, test_engine(), key_of(1))) << at;
  }
  constexpr size_t kSeal = 28;  // nonce and tag, at the end
  for (size_t at = good.size() - kSeal; at < good.size(); ++at) {
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_FALSE(open_image(bad, test_engine(), key_of(1))) << at;
  }
}

TEST(CompiledCode, RefusesEveryPrefix) {
  const auto good = image();
  for (size_t size = 0; size < good.size(); size += 131) {
    EXPECT_FALSE(open_image(std::string_view(good).substr(0, size), test_engine(), key_of(1)))
        << size;
  }
}

TEST(CompiledCode, TellsWhyAModuleDoesNotCompile) {
  const auto made = compile_to_image(test_engine(), "no module", key_of(1));
  ASSERT_FALSE(made);
  EXPECT_FALSE(made.error().detail.empty());
}

TEST(CacheKey, IsSixteenHexadecimalDigits) {
  const auto key = cache_key(test_engine());
  EXPECT_EQ(key.size(), 16U);
  EXPECT_EQ(key.find_first_not_of("0123456789abcdef"), std::string::npos);
}

}  // namespace
}  // namespace wasmgate::wasm
