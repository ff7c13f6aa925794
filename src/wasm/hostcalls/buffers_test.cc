// Host functions called by real guests: buffers.

#include "wasm/hostcalls/hostcalls_test_support.h"

namespace wasmgate::wasm {
namespace {

using ::testing::ElementsAre;
using testing::GuestBuilder;
using testing::kBadArgument;
using testing::kBadMemory;
using testing::kNotFound;
using testing::kOk;
using testing::OneCallback;
using testing::slot;

std::string set_bytes(GuestBuilder& g, uint32_t buffer, uint32_t start, uint32_t size,
                      std::string_view bytes) {
  return g.call("proxy_set_buffer_bytes",
                {buffer, start, size, g.text(bytes), static_cast<int64_t>(bytes.size())});
}

TEST(Buffers, ReadRanges) {
  OneCallback t(
      [](auto& g) {
        return OneCallback::Steps{
            g.call("proxy_get_buffer_bytes", {0, 0, 100, slot(0), slot(0) + 4}),
            g.call("proxy_get_buffer_bytes", {0, 2, 2, slot(1), slot(1) + 4}),
            g.call("proxy_get_buffer_bytes", {0, 6, 1, slot(2), slot(2) + 4}),
            g.call("proxy_get_buffer_bytes", {0, 0xFFFFFFFF, 1, slot(2), slot(2) + 4}),
            g.call("proxy_get_buffer_bytes", {1, 0, 1, slot(2), slot(2) + 4}),
            g.call("proxy_get_buffer_bytes", {4, 0, 1, slot(2), slot(2) + 4}),
            g.call("proxy_get_buffer_bytes", {10, 0, 1, slot(2), slot(2) + 4}),
            g.call("proxy_get_buffer_bytes", {0, 0, 1, 0xFFFFFFFF, slot(2)}),
            g.call("proxy_get_buffer_status", {0, slot(3), slot(3) + 4}),
            g.call("proxy_get_buffer_status", {1, slot(3), slot(3) + 4})};
      },
      {}, "proxy_abi_version_0_2_1", "proxy_on_request_body");
  t.stream->request_body("abcdef", false);
  EXPECT_THAT(t.plugin.statuses(10), ElementsAre(kOk, kOk, kOk, kBadArgument, kNotFound, kNotFound,
                                                 kBadArgument, kBadMemory, kOk, kNotFound));
  EXPECT_EQ(t.plugin.out(0) + "|" + t.plugin.out(1) + "|" + t.plugin.out(2), "abcdef|cd|");
  EXPECT_EQ(t.plugin.u32(slot(3)), 6U);
}

TEST(Buffers, EditAnyRange) {
  const std::vector<std::tuple<uint32_t, uint32_t, std::string, std::string>> edits{
      {0, 0, "X", "Xabcdef"}, {0, 6, "new", "new"},     {0, 0xFFFFFFFF, "new", "new"},
      {6, 0, "X", "abcdefX"}, {100, 5, "X", "abcdefX"}, {2, 2, "-", "ab-ef"},
      {3, 0, "-", "abc-def"}, {1, 0xFFFFFFFF, "", "a"}};
  for (const auto& [start, size, bytes, expected] : edits) {
    OneCallback t([&](auto& g) { return OneCallback::Steps{set_bytes(g, 0, start, size, bytes)}; },
                  {}, "proxy_abi_version_0_2_1", "proxy_on_request_body");
    t.stream->request_body("abcdef", false);
    EXPECT_EQ(t.plugin.status(0), kOk);
    EXPECT_EQ(t.stream->body(), expected) << start << " " << size;
    EXPECT_EQ(t.stream->stream.body_changes, 1);
  }
}

TEST(Buffers, OthersAreReadOnlyOrAbsent) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{set_bytes(g, 7, 0, 0, "x"), set_bytes(g, 0, 0, 0, "x"),
                              set_bytes(g, 10, 0, 0, "x"),
                              g.call("proxy_set_buffer_bytes", {0, 0, 0, 0xFFFFFFF0, 100})};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(4), ElementsAre(kBadArgument, kNotFound, kBadArgument, kBadMemory));
}

}  // namespace
}  // namespace wasmgate::wasm
