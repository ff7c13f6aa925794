// M43: random valid modules as plug-ins. They may call every host function with any arguments,
// loop, trap, grow; each call has 10 ms. All of them together leave nothing behind.
// tests/random_modules writes them.

#include <gtest/gtest.h>
#include <malloc.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "wasm/host/host_test_support.h"

namespace wasmgate::wasm {
namespace {

using testing::TestPlugin;
using testing::TestStream;

constexpr std::chrono::milliseconds kEachCall{10};

std::vector<std::string> random_modules() {
  std::ifstream in(std::string(ABI_CASES) + "/random_modules.bin", std::ios::binary);
  std::vector<std::string> out;
  uint32_t size = 0;
  while (in.read(reinterpret_cast<char*>(&size), sizeof(size))) {
    std::string bytes(size, '\0');
    in.read(bytes.data(), size);
    out.push_back(std::move(bytes));
  }
  return out;
}

size_t resident_kib() {
  std::ifstream in("/proc/self/status");
  std::string word;
  while (in >> word) {
    if (word == "VmRSS:") {
      size_t kib = 0;
      in >> kib;
      return kib;
    }
  }
  return 0;
}

enum class Fate : uint8_t { NotCompiled, NotStarted, Ran, Broke };

/// Everything that can happen to a plug-in and one stream.
Fate live(const std::string& bytes) {
  auto module = testing::test_engine().compile(bytes);
  if (!module) {
    EXPECT_FALSE(module.error().detail.empty());
    return Fate::NotCompiled;
  }
  PluginSpec spec;
  spec.limits.call_deadline = spec.limits.start_deadline = kEachCall;
  TestPlugin plugin(*module, bytes, spec);
  if (!plugin.start()) {
    EXPECT_FALSE(plugin.load_error.empty() && plugin.failure.message.empty());
    return Fate::NotStarted;
  }
  TestStream stream(plugin);
  if (stream.filter != nullptr) {
    using filter::Direction;
    const auto alive = [&] { return plugin.worker->vm() != nullptr && !plugin.vm().broken(); };
    stream.request_headers();
    if (alive()) {
      stream.request_body("some text", true);
    }
    if (alive()) {
      stream.response_headers();
    }
    if (alive()) {
      Buffer body("more text");
      stream.stream.response_body = &body;
      stream.filter->on_data(Direction::Response, body, true);
      stream.stream.response_body = nullptr;
    }
    if (alive()) {
      plugin.services.advance(std::chrono::seconds(1));
    }
    stream.end();
  }
  return plugin.worker->vm() == nullptr || plugin.vm().broken() ? Fate::Broke : Fate::Ran;
}

TEST(RandomModules, RunTheirTimeAndLeaveNothingBehind) {
  const char* scale = std::getenv("WASMGATE_TEST_SCALE");
  const size_t stride =
      scale == nullptr ? 1 : std::max<size_t>(1, std::strtoul(scale, nullptr, 10));
  const auto modules = random_modules();
  ASSERT_GE(modules.size(), 1000U);
  std::map<Fate, size_t> fates;
  const size_t count = modules.size() / stride;
  size_t warm = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (size_t i = 0; i < count; ++i) {
    SCOPED_TRACE(i);
    ++fates[live(modules[i])];
    if (i == count / 2) {
      malloc_trim(0);
      warm = resident_kib();
    }
  }
  malloc_trim(0);
  const size_t end = resident_kib();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::steady_clock::now() - begin)
                        .count();
  std::printf(
      "random modules: %zu: %zu not compiled, %zu refused or failed at start, %zu ran to their "
      "end, %zu were ended; %lld ms; "
      "memory %zu KiB after half, %zu KiB at the end\n",
      count, fates[Fate::NotCompiled], fates[Fate::NotStarted], fates[Fate::Ran],
      fates[Fate::Broke], static_cast<long long>(took), warm, end);
  EXPECT_EQ(fates[Fate::NotCompiled], 0U) << "they are valid";
#if !defined(WASMGATE_SANITIZED)  // slow, few modules, and its allocator keeps what was freed:
                                  // leaks are its own business
  EXPECT_GT(fates[Fate::Ran] + fates[Fate::Broke], 0U);
  EXPECT_LT(end, warm + 4096) << "KiB";
#endif
}

}  // namespace
}  // namespace wasmgate::wasm
