#include "server/vm_preparer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace wasmgate::server {
namespace {

// Anonymous memory of this process, in KiB.
size_t private_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) {
      return std::stoul(line.substr(8));
    }
  }
  return 0;
}

TEST(VmPreparer, GivesFreeMemoryBackToTheSystem) {
#ifdef WASMGATE_SANITIZED
  GTEST_SKIP() << "a sanitizer's allocator keeps it";
#endif
  constexpr size_t kBlock = 4096;
  constexpr size_t kBlocks = 16 * 1024;  // 64 MiB
  std::vector<std::unique_ptr<char[]>> blocks;
  for (size_t i = 0; i < kBlocks; ++i) {
    blocks.push_back(std::make_unique<char[]>(kBlock));  // touched: it is zeroed
  }
  const auto last = std::make_unique<char[]>(kBlock);  // holds the end of the heap where it is
  blocks.clear();
  const size_t before = private_kib();
  ASSERT_GT(before, kBlocks * kBlock / 1024) << "the allocator gave it back by itself";
  VmPreparer preparer(std::chrono::milliseconds(10));
  preparer.return_memory_later();
  preparer.return_memory_later();  // one return for both
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (private_kib() > before / 2 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_LE(private_kib(), before / 2);
}

}  // namespace
}  // namespace wasmgate::server
