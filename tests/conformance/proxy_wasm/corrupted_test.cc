// M42: a good module cut anywhere or with a bit turned over is refused, or runs as some other
// module; the host survives both.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "wasm/host/host_test_support.h"

namespace wasmgate::wasm {
namespace {

using testing::TestPlugin;
using testing::TestStream;

std::string good_module() {
  std::ifstream in(std::string(ABI_CASES) + "/driver_0_2_1.wasm", std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Loads and, when that works, runs it. Returns whether it was loaded.
bool try_module(const std::string& bytes) {
  auto module = testing::test_engine().compile(bytes);
  if (!module) {
    EXPECT_FALSE(module.error().detail.empty());
    return false;
  }
  PluginSpec spec;
  spec.limits.call_deadline = std::chrono::milliseconds(200);
  TestPlugin plugin(*module, bytes, spec);
  if (!plugin.start()) {
    EXPECT_FALSE(plugin.load_error.empty() && plugin.failure.message.empty());
    return false;
  }
  TestStream stream(plugin);
  if (stream.filter != nullptr) {
    stream.request_headers();
  }
  return true;
}

TEST(Corrupted, NoPrefixOfAModuleHarmsTheHost) {
  const std::string good = good_module();
  ASSERT_TRUE(try_module(good));
  for (size_t size = 0; size < good.size(); size += 53) {
    EXPECT_FALSE(try_module(good.substr(0, size))) << size;
  }
}

TEST(Corrupted, NoFlippedBitHarmsTheHost) {
  const std::string good = good_module();
  size_t loaded = 0;
  uint32_t random = 12345;
  for (int i = 0; i < 200; ++i) {
    random = random * 1664525 + 1013904223;
    std::string bytes = good;
    bytes[(random >> 3) % bytes.size()] ^= static_cast<char>(1U << (random >> 29));
    loaded += try_module(bytes) ? 1 : 0;
  }
  EXPECT_GT(loaded, 0U) << "some bits change nothing that matters";
  EXPECT_LT(loaded, 200U);
}

}  // namespace
}  // namespace wasmgate::wasm
