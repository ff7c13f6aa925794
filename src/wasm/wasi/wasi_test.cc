#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wasm/host/host_test_support.h"

namespace wasmgate::wasm {
namespace {

using ::testing::ElementsAre;
using testing::GuestBuilder;
using ::testing::HasSubstr;
using testing::slot;
using testing::TestPlugin;
using testing::TestStream;

constexpr uint32_t kBadF = 8;
constexpr uint32_t kFault = 21;
constexpr uint32_t kInval = 28;
constexpr uint32_t kNoEnt = 44;
constexpr uint32_t kNoSys = 52;
constexpr uint32_t kNotDir = 54;
constexpr uint32_t kNotSup = 58;

/// One iovec for `text`; gives its address.
uint32_t iovec(GuestBuilder& guest, std::string_view text) {
  const uint32_t at = guest.text(text);
  std::string bytes;
  for (const uint32_t number : {at, static_cast<uint32_t>(text.size())}) {
    for (int i = 0; i < 4; ++i) {
      bytes.push_back(static_cast<char>(number >> (8 * i)));
    }
  }
  return guest.text(bytes);
}

TEST(WasiOutput, BecomesWholeLines) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers",
           {guest.call("fd_write", {1, iovec(guest, "one\ntw"), 1, slot(0)}),
            guest.call("fd_write", {1, iovec(guest, "o\nrest"), 1, slot(1)}),
            guest.call("fd_write", {2, iovec(guest, "bad\n"), 1, slot(2)}),
            guest.call("fd_write", {3, iovec(guest, "x"), 1, slot(2)}),
            guest.call("fd_write", {1, 0xFFFFFFF0, 1, slot(2)}),
            guest.call("fd_write", {1, 0, 0x80000000, slot(2)})},
           0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_THAT(plugin.statuses(6), ElementsAre(0, 0, 0, kBadF, kFault, kInval));
  EXPECT_EQ(plugin.logger.text(),
            "info plug-in ns/test: one\ninfo plug-in ns/test: two\nerror plug-in ns/test: "
            "bad\ninfo plug-in ns/test: rest\n");
  EXPECT_EQ(plugin.u32(slot(0)), 6U);
}

TEST(WasiEnvironment, IsTheConfiguredOneOnly) {
  PluginSpec spec;
  spec.environment = {{"A", "1"}, {"LONG", "value"}};
  GuestBuilder guest;
  guest.on("proxy_on_configure",
           {guest.call("environ_sizes_get", {slot(0), slot(0) + 4}),
            guest.call("environ_get", {slot(1), 512}),
            guest.call("args_sizes_get", {slot(3), slot(3) + 4}),
            guest.call("args_get", {slot(4), 512})},
           1);
  TestPlugin plugin(guest, spec);
  ASSERT_TRUE(plugin.start());
  EXPECT_EQ(plugin.u32(slot(0)), 2U);
  EXPECT_EQ(plugin.u32(slot(0) + 4), 15U);
  EXPECT_EQ(plugin.vm().memory().read(512, 15), std::string_view("A=1\0LONG=value\0", 15));
  EXPECT_EQ(plugin.u32(slot(1) + 4), 516U);
}

TEST(WasiClocks, GiveTwoClocks) {
  GuestBuilder guest;
  guest.on(
      "proxy_on_request_headers",
      {guest.call("clock_time_get", {0, 0, slot(0)}), guest.call("clock_time_get", {1, 0, slot(1)}),
       guest.call("clock_time_get", {2, 0, slot(2)}), guest.call("clock_res_get", {1, slot(3)}),
       guest.call("clock_time_get", {0, 0, 0xFFFFFFFC})},
      0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_THAT(plugin.statuses(5), ElementsAre(0, 0, kNotSup, 0, kFault));
  EXPECT_EQ(plugin.u64(slot(0)), 1767225600ULL * 1'000'000'000);
  EXPECT_EQ(plugin.u64(slot(1)), 3600ULL * 1'000'000'000);
  EXPECT_EQ(plugin.u64(slot(3)), 1U);
}

TEST(WasiRandom, GivesUpTo64Kibibytes) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers",
           {guest.call("random_get", {65536, 65536}), guest.call("random_get", {65536, 65537}),
            guest.call("random_get", {4 * 65536 - 1, 2})},
           0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_THAT(plugin.statuses(3), ElementsAre(0, kInval, kFault));
  EXPECT_NE(plugin.vm().memory().read(65536, 8), std::string_view("\0\0\0\0\0\0\0\0", 8));
}

TEST(WasiPoll, ReportsClocksAsElapsedAndDescriptorsAsBad) {
  GuestBuilder guest;
  std::string subscriptions(96, '\0');
  subscriptions[0] = 7;       // user data of the first: a clock
  subscriptions[48] = 9;      // user data of the second
  subscriptions[48 + 8] = 1;  // fd_read
  guest.on("proxy_on_request_headers",
           {guest.call("poll_oneoff", {guest.text(subscriptions), 2048, 2, slot(0)})}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_EQ(plugin.status(0), 0U);
  EXPECT_EQ(plugin.u32(slot(0)), 2U);
  EXPECT_EQ(plugin.u64(2048), 7U);
  EXPECT_EQ(plugin.u32(2048 + 8) & 0xFFFF, 0U);
  EXPECT_EQ(plugin.u64(2048 + 32), 9U);
  EXPECT_EQ(plugin.u32(2048 + 32 + 8) & 0xFFFF, kBadF);
}

TEST(WasiExit, EndsACallback) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {guest.call("proc_exit", {0}), "(call $keep (i32.const 1))"},
           0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_THAT(stream.stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
  EXPECT_THAT(plugin.logger.text(), HasSubstr("proc_exit(0)"));
}

TEST(WasiExit, WithCodeZeroIsANormalEndOfStart) {
  for (const uint32_t code : {0U, 3U}) {
    GuestBuilder guest;
    guest.on("_start", {guest.call("proc_exit", {code})});
    TestPlugin plugin(guest);
    EXPECT_EQ(plugin.start(), code == 0);
    if (code != 0) {
      EXPECT_THAT(plugin.failure.message, HasSubstr("proc_exit(3)"));
      EXPECT_EQ(plugin.failure.cause, FailureCause::Start);
    }
  }
}

TEST(WasiDescriptors, AnswerAsTheTableSays) {
  const std::vector<std::tuple<std::string, std::vector<int64_t>, uint32_t>> cases{
      {"fd_fdstat_get", {1, 2048}, 0},
      {"fd_fdstat_get", {0, 2048}, kBadF},
      {"fd_prestat_get", {3, 2048}, kBadF},
      {"fd_prestat_dir_name", {3, 0, 0}, kNoSys},
      {"fd_read", {0, 0, 0, 2048}, kNoSys},
      {"fd_fdstat_set_flags", {1, 0}, kNoSys},
      {"path_open", {3, 0, 0, 0, 0, 0, 0, 0, 2048}, kNoEnt},
      {"fd_filestat_get", {1, 2048}, kBadF},
      {"fd_seek", {9, 0, 0, 2048}, 0},
      {"fd_close", {9}, 0},
      {"fd_tell", {2, 2048}, 0},
      {"fd_tell", {3, 2048}, kBadF},
      {"fd_sync", {1}, 0},
      {"fd_sync", {3}, kBadF},
      {"fd_readdir", {3, 0, 0, 0, 2048}, kNotDir},
      {"fd_renumber", {1, 2}, kNotSup},
      {"fd_renumber", {3, 4}, kBadF},
      {"path_rename", {3, 0, 0, 3, 0, 0}, kNotSup},
      {"path_link", {3, 0, 0, 0, 3, 0, 0}, kNotSup},
      {"path_symlink", {0, 0, 3, 0, 0}, kNotSup},
      {"sock_recv", {3, 0, 0, 0, 0, 0}, kNotSup},
      {"sched_yield", {}, 0}};
  GuestBuilder guest;
  std::vector<std::string> steps;
  for (const auto& [name, arguments, status] : cases) {
    steps.push_back(guest.call(name, arguments));
  }
  guest.on("proxy_on_configure", steps, 1);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  for (size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(plugin.status(i), std::get<2>(cases[i])) << std::get<0>(cases[i]);
  }
}

TEST(Wasi, IsLinkedUnderBothNames) {
  for (const char* module : {"wasi_snapshot_preview1", "wasi_unstable"}) {
    for (const auto& entry : hostcall_table()) {
      if (entry.wasi) {
        EXPECT_NE(find_hostcall(module, entry.name, entry.type), nullptr)
            << module << "." << entry.name;
      }
    }
  }
}

}  // namespace
}  // namespace wasmgate::wasm
