// The host functions, family by family, called by real guests.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wasm/abi/pairs.h"
#include "wasm/host/host_test_support.h"

namespace wasmgate::wasm {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::GuestBuilder;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::slot;
using testing::TestPlugin;
using testing::TestStream;

constexpr uint32_t kOk = 0;
constexpr uint32_t kNotFound = 1;
constexpr uint32_t kBadArgument = 2;
constexpr uint32_t kSerialisation = 3;
constexpr uint32_t kBadMemory = 6;
constexpr uint32_t kEmpty = 7;
constexpr uint32_t kCasMismatch = 8;
constexpr uint32_t kInternal = 10;

/// Runs the steps that `make` builds in proxy_on_request_headers of one stream.
class OneCallback {
 public:
  using Steps = std::vector<std::string>;

  explicit OneCallback(const std::function<Steps(GuestBuilder&)>& make, PluginSpec spec = {},
                       const char* marker = "proxy_abi_version_0_2_1",
                       const char* callback = "proxy_on_request_headers")
      : plugin(built(make, marker, callback), std::move(spec)) {
    EXPECT_TRUE(plugin.start()) << plugin.load_error << plugin.failure.message;
    stream = std::make_unique<TestStream>(plugin);
  }

  void run() { stream->request_headers(); }

  static GuestBuilder built(const std::function<Steps(GuestBuilder&)>& make, const char* marker,
                            const char* callback) {
    GuestBuilder guest(marker);
    guest.on(callback, make(guest), 0);
    return guest;
  }

  TestPlugin plugin;
  std::unique_ptr<TestStream> stream;
};

std::string get(GuestBuilder& g, uint32_t map, std::string_view name, uint32_t n) {
  return g.call("proxy_get_header_map_value",
                {map, g.text(name), static_cast<int64_t>(name.size()), slot(n), slot(n) + 4});
}
std::string write(GuestBuilder& g, std::string_view how, uint32_t map, std::string_view name,
                  std::string_view value) {
  return g.call(fmt::format("proxy_{}_header_map_value", how),
                {map, g.text(name), static_cast<int64_t>(name.size()), g.text(value),
                 static_cast<int64_t>(value.size())});
}
std::string remove(GuestBuilder& g, uint32_t map, std::string_view name) {
  return g.call("proxy_remove_header_map_value",
                {map, g.text(name), static_cast<int64_t>(name.size())});
}
std::string set_pairs(GuestBuilder& g, uint32_t map, std::string_view bytes) {
  return g.call("proxy_set_header_map_pairs",
                {map, g.text(bytes), static_cast<int64_t>(bytes.size())});
}
std::string property(GuestBuilder& g, std::string_view path, uint32_t n) {
  return g.call("proxy_get_property",
                {g.text(path), static_cast<int64_t>(path.size()), slot(n), slot(n) + 4});
}
std::string set_property(GuestBuilder& g, std::string_view path, std::string_view value) {
  return g.call("proxy_set_property", {g.text(path), static_cast<int64_t>(path.size()),
                                       g.text(value), static_cast<int64_t>(value.size())});
}

std::string fields_of(const http::HeaderMap& map) {
  std::string out;
  for (const auto& field : map.fields()) {
    out += fmt::format("{}={};", field.name, field.value);
  }
  return out;
}

// ---- System.

TEST(ProxyLog, WritesALineWithThePluginsName) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{
        g.call("proxy_log", {2, g.text("hello"), 5}), g.call("proxy_log", {6, 0xFFFFFFF0, 5}),
        g.call("proxy_log", {2, 0xFFFFFFF0, 5}), g.call("proxy_log", {2, 4 * 65536 - 1, 1}),
        g.call("proxy_log", {2, 4 * 65536, 1})};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(5), ElementsAre(kOk, kBadArgument, kBadMemory, kOk, kBadMemory));
  EXPECT_THAT(t.plugin.logger.text(), HasSubstr("info plug-in ns/test: hello\n"));
}

TEST(ProxyLog, DropsLinesOverTheQuotaAndCountsThem) {
  PluginSpec spec;
  spec.limits.log_lines_per_second = 2;
  OneCallback t(
      [](auto& g) {
        OneCallback::Steps steps;
        for (int i = 0; i < 5; ++i) {
          steps.push_back(g.call("proxy_log", {2, g.text("line"), 4}));
        }
        return steps;
      },
      spec);
  t.run();
  EXPECT_EQ(t.plugin.status(4), kOk);
  EXPECT_EQ(t.plugin.logger.text(), "info plug-in ns/test: line\ninfo plug-in ns/test: line\n");
  EXPECT_EQ(t.plugin.registry.value(t.plugin.plugin->metrics().log_dropped), 3);
}

TEST(ProxyLog, CutsLongLines) {
  PluginSpec spec;
  spec.limits.log_line_bytes = 4;
  OneCallback t(
      [](auto& g) { return OneCallback::Steps{g.call("proxy_log", {2, g.text("abcdefgh"), 8})}; },
      spec);
  t.run();
  EXPECT_EQ(t.plugin.logger.text(), "info plug-in ns/test: abcd\n");
}

TEST(ProxyGetLogLevel, IsCappedAtCritical) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{g.call("proxy_get_log_level", {slot(0)}),
                              g.call("proxy_get_log_level", {0xFFFFFFFE})};
  });
  t.plugin.logger.set_level(LogLevel::Off);
  t.run();
  EXPECT_THAT(t.plugin.statuses(2), ElementsAre(kOk, kBadMemory));
  EXPECT_EQ(t.plugin.u32(slot(0)), 5U);
}

TEST(ProxyGetCurrentTime, IsWallTime) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{g.call("proxy_get_current_time_nanoseconds", {slot(0)})};
  });
  t.run();
  EXPECT_EQ(t.plugin.u64(slot(0)), 1767225600ULL * 1'000'000'000);
}

TEST(ProxyConfiguration, IsReadableByBuffersAndByTheOldCall) {
  PluginSpec spec;
  spec.configuration = R"({"a":1})";
  spec.vm_configuration = "vm";
  GuestBuilder guest;
  guest.on("proxy_on_vm_start",
           {"(call $keep (local.get 1))",
            guest.call("proxy_get_buffer_bytes", {6, 0, 100, slot(0), slot(0) + 4}),
            guest.call("proxy_get_configuration", {slot(1), slot(1) + 4})},
           1);
  guest.on("proxy_on_configure",
           {"(call $keep (local.get 1))",
            guest.call("proxy_get_buffer_bytes", {7, 1, 3, slot(2), slot(2) + 4}),
            guest.call("proxy_get_configuration", {slot(3), slot(3) + 4}),
            guest.call("proxy_get_buffer_status", {7, slot(4), slot(4) + 4})},
           1);
  TestPlugin plugin(guest, spec);
  ASSERT_TRUE(plugin.start());
  EXPECT_THAT(plugin.statuses(7), ElementsAre(2, kOk, kOk, 7, kOk, kOk, kOk));
  EXPECT_EQ(plugin.out(0) + plugin.out(1), "vmvm");
  EXPECT_EQ(plugin.out(2), "\"a\"");
  EXPECT_EQ(plugin.out(3), R"({"a":1})");
  EXPECT_EQ(plugin.u32(slot(4)), 7U);
}

TEST(EffectiveContext, IsALivingContextOfThePluginOnly) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{g.call("proxy_set_effective_context", {1}),
                              get(g, 0, ":method", 0),
                              g.call("proxy_set_effective_context", {0}),
                              g.call("proxy_set_effective_context", {77}),
                              g.call("proxy_set_effective_context", {-1}),
                              g.call("proxy_set_effective_context", {2}),
                              get(g, 0, ":method", 1)};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(7),
              ElementsAre(kOk, kNotFound, kBadArgument, kBadArgument, kBadArgument, kOk, kOk));
  EXPECT_EQ(t.plugin.out(1), "GET");
}

TEST(EffectiveContext, LetsAPluginContinueAnotherStream) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {}, 1);
  guest.on(
      "proxy_on_request_body",
      {guest.call("proxy_set_effective_context", {2}), guest.call("proxy_continue_stream", {0})},
      0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream a(plugin);
  TestStream b(plugin);
  a.request_headers();
  b.request_headers();
  b.request_body("x", false);
  EXPECT_THAT(a.stream.actions, ElementsAre("continue request"));
  EXPECT_TRUE(b.stream.actions.empty());
}

TEST(Tick, RunsEveryPeriodNotBelowTheMinimumUntilSetToZero) {
  GuestBuilder guest;
  guest.on("proxy_on_configure", {guest.call("proxy_set_tick_period_milliseconds", {1})}, 1);
  guest.on("proxy_on_tick", {"(call $keep (local.get 0))"});
  guest.on("proxy_on_request_headers", {guest.call("proxy_set_tick_period_milliseconds", {0})}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  plugin.services.advance(std::chrono::milliseconds(35));
  EXPECT_THAT(plugin.statuses(5), ElementsAre(kOk, 1, 1, 1, 0));
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_TRUE(plugin.services.timers.empty());
}

TEST(Tick, RunsOnTheFirstWorkerOnlyBySetting) {
  GuestBuilder guest;
  guest.on("proxy_on_configure", {guest.call("proxy_set_tick_period_milliseconds", {10})}, 1);
  guest.on("proxy_on_tick", {});
  PluginSpec spec;
  spec.limits.tick_on_one_worker = true;
  TestPlugin plugin(guest, spec);
  plugin.services.index = 1;
  ASSERT_TRUE(plugin.start());
  EXPECT_TRUE(plugin.services.timers.empty());
}

TEST(ProxyDone, WithoutAPendingDoneIsNotFound) {
  OneCallback t([](auto& g) { return OneCallback::Steps{g.call("proxy_done", {})}; });
  t.run();
  EXPECT_EQ(t.plugin.status(0), kNotFound);
}

TEST(Retire, CallsDoneAndDelete) {
  GuestBuilder guest;
  guest.on("proxy_on_done", {guest.call("proxy_log", {2, guest.text("done"), 4})}, 1);
  guest.on("proxy_on_delete", {guest.call("proxy_log", {2, guest.text("delete"), 6})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  plugin.worker->retire();
  plugin.services.run_deferred();
  EXPECT_EQ(plugin.logger.text(), "info plug-in ns/test: done\ninfo plug-in ns/test: delete\n");
  EXPECT_TRUE(plugin.worker->idle());
}

TEST(Retire, WaitsForStreams) {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers", {}, 0);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  plugin.worker->retire();
  plugin.services.run_deferred();
  EXPECT_FALSE(plugin.worker->idle());
  stream.end();
  EXPECT_TRUE(plugin.worker->idle());
}

TEST(Retire, WaitsForProxyDoneAndForcesItAfterTheTimeOut) {
  GuestBuilder guest;
  guest.on("proxy_on_done", {}, 0);
  guest.on("proxy_on_delete", {guest.call("proxy_log", {2, guest.text("delete"), 6})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  plugin.worker->retire();
  plugin.services.run_deferred();
  EXPECT_FALSE(plugin.worker->idle());
  plugin.services.advance(std::chrono::milliseconds(5'001));
  EXPECT_THAT(plugin.logger.text(), HasSubstr("delete"));
  EXPECT_TRUE(plugin.worker->idle());
}

TEST(Retire, EndsWithProxyDone) {
  GuestBuilder guest;
  guest.on("proxy_on_configure", {guest.call("proxy_set_tick_period_milliseconds", {100})}, 1);
  guest.on("proxy_on_done", {}, 0);
  guest.on("proxy_on_tick", {guest.call("proxy_done", {})});
  guest.on("proxy_on_delete", {guest.call("proxy_log", {2, guest.text("delete"), 6})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  plugin.worker->retire();
  plugin.services.run_deferred();
  plugin.services.advance(std::chrono::milliseconds(100));
  EXPECT_EQ(plugin.logger.text(), "info plug-in ns/test: delete\n");
  EXPECT_TRUE(plugin.worker->idle());
}

// ---- Header maps.

TEST(HeaderMaps, ReadOneJoinedOrMissingValue) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{get(g, 0, "X-One", 0),  get(g, 0, "x-two", 1),
                              get(g, 0, "cookie", 2), get(g, 0, "set-cookie", 3),
                              get(g, 0, "x-none", 4), get(g, 0, "x-empty", 5),
                              get(g, 8, "x", 6),      get(g, 2, "x", 6)};
  });
  auto& map = t.stream->stream.request;
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"x-one", "1"},
                                                                  {"x-two", "a"},
                                                                  {"x-two", "b"},
                                                                  {"cookie", "c"},
                                                                  {"cookie", "d"},
                                                                  {"set-cookie", "e"},
                                                                  {"set-cookie", "f"},
                                                                  {"x-empty", ""}}) {
    map.add(name, value);
  }
  t.run();
  EXPECT_THAT(t.plugin.statuses(8),
              ElementsAre(kOk, kOk, kOk, kOk, kNotFound, kOk, kBadArgument, kNotFound));
  EXPECT_EQ(t.plugin.out(0) + "|" + t.plugin.out(1) + "|" + t.plugin.out(2) + "|" + t.plugin.out(3),
            "1|a,b|c; d|e");
  EXPECT_EQ(t.plugin.u32(slot(5)), 0U);
}

TEST(HeaderMaps, GiveTheFirstValueOnlyBySetting) {
  PluginSpec spec;
  spec.limits.first_header_value_only = true;
  OneCallback t([](auto& g) { return OneCallback::Steps{get(g, 0, "x-two", 0)}; }, spec);
  t.stream->stream.request.add("x-two", "a");
  t.stream->stream.request.add("x-two", "b");
  t.run();
  EXPECT_EQ(t.plugin.out(0), "a");
}

TEST(HeaderMaps, GiveAnEmptyValueForAMissingOneInAbi010) {
  OneCallback t([](auto& g) { return OneCallback::Steps{get(g, 0, "x-none", 0)}; }, {},
                "proxy_abi_version_0_1_0");
  t.run();
  EXPECT_EQ(t.plugin.status(0), kOk);
}

TEST(HeaderMaps, GiveAllPairsInOrder) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{g.call("proxy_get_header_map_pairs", {0, slot(0), slot(0) + 4}),
                              g.call("proxy_get_header_map_pairs", {1, slot(1), slot(1) + 4}),
                              g.call("proxy_get_header_map_pairs", {9, slot(1), slot(1) + 4}),
                              g.call("proxy_get_header_map_pairs", {0, 0xFFFFFFFF, slot(1)}),
                              g.call("proxy_get_header_map_size", {0, slot(2)}),
                              g.call("proxy_get_header_map_size", {3, slot(2) + 4})};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(6), ElementsAre(kOk, kOk, kBadArgument, kBadMemory, kOk, kOk));
  const auto bytes = t.plugin.out(0);
  const auto pairs = parse_pairs(bytes);
  ASSERT_TRUE(pairs);
  EXPECT_THAT(*pairs, ElementsAre(Pair{":method", "GET"}, Pair{":path", "/a/b?q=1"},
                                  Pair{":authority", "example.com"}, Pair{":scheme", "http"}));
  EXPECT_EQ(t.plugin.u32(slot(1)) + t.plugin.u32(slot(1) + 4), 0U);
  EXPECT_EQ(t.plugin.u32(slot(2)), 55U);
}

TEST(HeaderMaps, WriteAndRemove) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{write(g, "add", 0, "X-New", "1"),
                              write(g, "add", 0, "x-new", " 2 "),
                              write(g, "replace", 0, "x-other", "o"),
                              write(g, "replace", 0, ":path", "/new"),
                              remove(g, 0, "X-NEW"),
                              remove(g, 0, "absent"),
                              write(g, "add", 0, "x-new", "3")};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(7), ElementsAre(kOk, kOk, kOk, kOk, kOk, kOk, kOk));
  EXPECT_EQ(fields_of(t.stream->stream.request),
            ":method=GET;:path=/new;:authority=example.com;:scheme=http;x-other=o;x-new=3;");
  EXPECT_EQ(t.stream->stream.route_clears, 7);
}

TEST(HeaderMaps, KeepTheRouteWhenToldTo) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{set_property(g, "clear_route_cache", "off"),
                              write(g, "add", 0, "x", "1")};
  });
  t.run();
  EXPECT_EQ(t.stream->stream.route_clears, 0);
}

TEST(HeaderMaps, RefuseWhatHttpForbidsAndChangeNothing) {
  const std::vector<std::pair<std::string, std::string>> bad{{"", "v"},
                                                             {"a b", "v"},
                                                             {"a:", "v"},
                                                             {"a\r\nb", "v"},
                                                             {std::string("a\0", 2), "v"},
                                                             {"x", "a\r\nb"},
                                                             {"x", "a\nb"},
                                                             {"x", std::string("\0", 1)},
                                                             {"x", "a\x7f"},
                                                             {":status", "200"},
                                                             {":foo", "v"},
                                                             {"transfer-encoding", "chunked"}};
  for (const auto& [name, value] : bad) {
    for (const char* how : {"add", "replace"}) {
      OneCallback t([&](auto& g) { return OneCallback::Steps{write(g, how, 0, name, value)}; });
      const auto before = fields_of(t.stream->stream.request);
      t.run();
      EXPECT_EQ(t.plugin.status(0), kBadArgument) << name << "=" << value;
      EXPECT_EQ(fields_of(t.stream->stream.request), before);
    }
  }
}

TEST(HeaderMaps, CannotBeWrittenOnceTheyHaveLeftOrAreMissing) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{write(g, "add", 0, "x", "1"), write(g, "add", 2, "x", "1"),
                              write(g, "add", 1, "x", "1"), write(g, "add", 6, "x", "1"),
                              write(g, "add", 8, "x", "1"), remove(g, 0, "x"),
                              set_pairs(g, 0, "")};
  });
  t.stream->stream.request_left = true;
  t.run();
  EXPECT_THAT(t.plugin.statuses(7),
              ElementsAre(kBadArgument, kBadArgument, kBadArgument, kBadArgument, kBadArgument,
                          kBadArgument, kBadArgument));
}

TEST(HeaderMaps, MakeTrailersWhenTheStreamLetsThem) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{write(g, "add", 1, "x-t", "1"), get(g, 1, "x-t", 0)};
  });
  t.stream->stream.may_add_trailers = true;
  t.run();
  EXPECT_THAT(t.plugin.statuses(2), ElementsAre(kOk, kOk));
  EXPECT_EQ(t.plugin.out(0), "1");
}

TEST(HeaderMaps, AreReadOnlyInLog) {
  OneCallback t(
      [](auto& g) {
        return OneCallback::Steps{get(g, 0, ":path", 0), get(g, 2, ":status", 1),
                                  write(g, "add", 0, "x", "1"), write(g, "add", 2, "x", "1")};
      },
      {}, "proxy_abi_version_0_2_1", "proxy_on_log");
  t.stream->stream.response.add(":status", "204");
  t.stream->end();
  EXPECT_THAT(t.plugin.statuses(4), ElementsAre(kOk, kOk, kBadArgument, kBadArgument));
  EXPECT_EQ(t.plugin.out(1), "204");
}

TEST(HeaderMaps, AreReplacedAsAWhole) {
  const std::vector<Pair> pairs{{":method", "POST"}, {":path", "/x"}, {"X-A", "1"}, {"x-a", "2"}};
  OneCallback t(
      [&](auto& g) { return OneCallback::Steps{set_pairs(g, 0, serialise_pairs(pairs))}; });
  t.run();
  EXPECT_EQ(t.plugin.status(0), kOk);
  EXPECT_EQ(fields_of(t.stream->stream.request), ":method=POST;:path=/x;x-a=1;x-a=2;");
}

TEST(HeaderMaps, AMalformedMapChangesNothing) {
  const auto good = serialise_pairs(std::vector<Pair>{{"a", "b"}});
  for (const std::string& bad : {good + "x", good.substr(0, good.size() - 1), std::string("\1"),
                                 std::string("\xff\xff\xff\xff", 4)}) {
    OneCallback t([&](auto& g) { return OneCallback::Steps{set_pairs(g, 0, bad)}; });
    const auto before = fields_of(t.stream->stream.request);
    t.run();
    EXPECT_EQ(t.plugin.status(0), kBadArgument);
    EXPECT_EQ(fields_of(t.stream->stream.request), before);
  }
}

TEST(HeaderMaps, WritesHaveABudget) {
  PluginSpec spec;
  spec.limits.header_count = 6;
  OneCallback t(
      [](auto& g) {
        return OneCallback::Steps{write(g, "add", 0, "a", "1"), write(g, "add", 0, "b", "1"),
                                  write(g, "add", 0, "c", "1"), write(g, "replace", 0, "a", "2")};
      },
      spec);
  t.run();
  EXPECT_THAT(t.plugin.statuses(4), ElementsAre(kOk, kOk, kBadArgument, kOk));
}

// ---- Buffers.

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

// ---- Properties.

std::string le64(uint64_t value) {
  std::string out;
  for (int i = 0; i < 8; ++i) {
    out.push_back(static_cast<char>(value >> (8 * i)));
  }
  return out;
}

std::string path_of(std::string dotted) {
  std::replace(dotted.begin(), dotted.end(), '.', '\0');
  return dotted;
}

TEST(Properties, HaveTheirEncodings) {
  struct Case {
    std::string path;
    std::string value;
  };
  const std::vector<Case> cases{{"request.path", "/a/b?q=1"},
                                {"request.url_path", "/a/b"},
                                {"request.query", "q=1"},
                                {"request.host", "example.com"},
                                {"request.method", "GET"},
                                {"request.scheme", "http"},
                                {"request.protocol", "HTTP/1.1"},
                                {"request.headers.x-a", "1"},
                                {"request.id", "rid"},
                                {"request.time", le64(5'000'000'000)},
                                {"request.size", le64(0)},
                                {"source.address", "10.0.0.9:55"},
                                {"source.port", le64(55)},
                                {"connection.id", le64(9)},
                                {"connection.mtls", std::string("\0", 1)},
                                {"xds.route_name", "r1"},
                                {"xds.cluster_name", "c1"},
                                {"xds.listener_direction", le64(2)},
                                {"plugin_name", "ns.test"},
                                {"plugin_root_id", "root"},
                                {"plugin_vm_id", "ns/test"},
                                {"plugin_vm_memory", le64(4 * 65536)},
                                {"xds.node.id", "localhost"},
                                {"metadata", ""},
                                {"x_request_id", "rid"}};
  PluginSpec spec;
  spec.name = "ns.test";
  spec.resource = "ns/test";
  spec.root_id = "root";
  for (const auto& one : cases) {
    for (const std::string& form : {path_of(one.path), path_of(one.path) + std::string(1, '\0')}) {
      OneCallback t([&](auto& g) { return OneCallback::Steps{property(g, form, 0)}; }, spec);
      auto& info = t.stream->stream.stream_info;
      t.stream->stream.request.add("x-a", "1");
      info.request_id = "rid";
      info.start_wall = WallTime(std::chrono::seconds(5));
      info.downstream_remote_address = "10.0.0.9:55";
      info.downstream_remote_port = 55;
      info.connection_id = 9;
      info.route_name = "r1";
      info.cluster_name = "c1";
      t.run();
      EXPECT_EQ(t.plugin.status(0), kOk) << one.path;
      EXPECT_EQ(t.plugin.out(0), one.value) << one.path;
    }
  }
}

TEST(Properties, LegacyNamesFollowTheRoute) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{property(g, "route_name", 0),
                              property(g, std::string("cluster_name\0", 13), 1)};
  });
  t.stream->stream.stream_info.route_name = "r";
  t.stream->stream.stream_info.cluster_name = "c";
  t.run();
  EXPECT_EQ(t.plugin.out(0) + t.plugin.out(1), "rc");
  EXPECT_EQ(t.stream->stream.route_refreshes, 2);
}

TEST(Properties, MapsAreSerialisedPairs) {
  OneCallback t(
      [](auto& g) { return OneCallback::Steps{property(g, path_of("request.headers"), 0)}; });
  t.stream->stream.request.add("x", "1");
  t.stream->stream.request.add("x", "2");
  t.run();
  const auto bytes = t.plugin.out(0);
  const auto pairs = parse_pairs(bytes);
  ASSERT_TRUE(pairs);
  EXPECT_EQ(pairs->back(), (Pair{"x", "1,2"}));
}

TEST(Properties, UnknownAndUnsetAreNotFoundAndWrappersDoNotSerialise) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{property(g, "nothing", 0),
                              property(g, path_of("response.code"), 0),
                              property(g, path_of("request.duration"), 0),
                              property(g, "request", 0),
                              property(g, "", 0),
                              property(g, std::string(3, '\0'), 0),
                              property(g, path_of("request.headers.none"), 0)};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(7), ElementsAre(kNotFound, kNotFound, kNotFound, kSerialisation,
                                                kNotFound, kNotFound, kNotFound));
}

TEST(Properties, OfTheRootContextAreThePluginsOnly) {
  GuestBuilder guest;
  guest.on("proxy_on_configure",
           {property(guest, "plugin_name", 0), property(guest, path_of("request.path"), 1),
            property(guest, path_of("xds.node"), 2), set_property(guest, "a", "b")},
           1);
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  EXPECT_THAT(plugin.statuses(4), ElementsAre(kOk, kNotFound, kOk, kNotFound));
  EXPECT_THAT(plugin.out(2), HasSubstr("wasmgate"));
}

TEST(Properties, AreStoredAndReadBack) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{
        set_property(g, "mine", "v1"), property(g, "mine", 0),
        set_property(g, path_of("a.b"), "v2"),
        property(g, path_of("a.b") + std::string(1, '\0'), 1),
        property(g, path_of("filter_state") + std::string(1, '\0') + "wasm.mine", 2)};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(5), ElementsAre(kOk, kOk, kOk, kOk, kOk));
  EXPECT_EQ(t.plugin.out(0) + t.plugin.out(1) + t.plugin.out(2), "v1v2v1");
}

TEST(Properties, ControlTheStream) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{set_property(g, "set_decoder_buffer_limit", "104857600"),
                              set_property(g, "set_encoder_buffer_limit", "5"),
                              set_property(g, "set_encoder_buffer_limit", "x"),
                              set_property(g, "wasm_need_rebuild", "true")};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(4), ElementsAre(kOk, kOk, kBadArgument, kOk));
  EXPECT_THAT(t.stream->stream.actions, ElementsAre("limit request 104857600", "limit response 5"));
  t.stream->end();
  EXPECT_EQ(t.plugin.vm_requests.size(), 1U);
}

// ---- Shared data, queues.

std::string set_shared(GuestBuilder& g, std::string_view key, std::string_view value,
                       uint32_t cas) {
  return g.call("proxy_set_shared_data", {g.text(key), static_cast<int64_t>(key.size()),
                                          g.text(value), static_cast<int64_t>(value.size()), cas});
}
std::string get_shared(GuestBuilder& g, std::string_view key, uint32_t n) {
  return g.call("proxy_get_shared_data",
                {g.text(key), static_cast<int64_t>(key.size()), slot(n), slot(n) + 4, slot(n + 1)});
}

TEST(SharedData, SetsReadsAndCompares) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{get_shared(g, "k", 0),        set_shared(g, "k", "v1", 0),
                              get_shared(g, "k", 0),        set_shared(g, "k", "v2", 999),
                              set_shared(g, "k", "v3", 1),  get_shared(g, "k", 2),
                              set_shared(g, "new", "n", 55)};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(7), ElementsAre(kNotFound, kOk, kOk, kCasMismatch, kOk, kOk, kOk));
  EXPECT_EQ(t.plugin.out(0) + t.plugin.out(2), "v1v3");
  EXPECT_NE(t.plugin.u32(slot(1)), t.plugin.u32(slot(3)));
}

TEST(SharedQueues, RegisterResolveEnqueueDequeue) {
  GuestBuilder guest;
  guest.on("proxy_on_configure",
           {guest.call("proxy_register_shared_queue", {guest.text("q"), 1, slot(0)}),
            guest.call("proxy_resolve_shared_queue", {0, 0, guest.text("q"), 1, slot(1)}),
            guest.call("proxy_resolve_shared_queue", {0, 0, guest.text("other"), 5, slot(2)})},
           1);
  guest.on("proxy_on_request_headers",
           {guest.call("proxy_enqueue_shared_queue", {1, guest.text("item"), 4}),
            guest.call("proxy_enqueue_shared_queue", {77, 0, 0})},
           0);
  guest.on("proxy_on_queue_ready",
           {"(call $keep (local.get 1))",
            guest.call("proxy_dequeue_shared_queue", {1, slot(3), slot(3) + 4}),
            guest.call("proxy_dequeue_shared_queue", {1, slot(4), slot(4) + 4}),
            guest.call("proxy_dequeue_shared_queue", {77, slot(4), slot(4) + 4})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_EQ(plugin.u32(slot(0)), 1U);
  EXPECT_EQ(plugin.u32(slot(1)), 1U);
  plugin.services.run_deferred();
  EXPECT_THAT(plugin.statuses(9),
              ElementsAre(kOk, kOk, kNotFound, kOk, kNotFound, 1, kOk, kEmpty, kNotFound));
  EXPECT_EQ(plugin.out(3), "item");
}

// ---- Metrics.

TEST(Metrics, CountSetAndObserve) {
  OneCallback t([](auto& g) {
    OneCallback::Steps s;
    for (uint32_t type = 0; type < 4; ++type) {
      s.push_back(
          g.call("proxy_define_metric", {type, g.text(fmt::format("m{}", type)), 2, slot(type)}));
    }
    for (const auto& [id, delta] : std::initializer_list<std::pair<int, int>>{
             {1, 5}, {1, 0}, {1, -1}, {2, 7}, {2, -3}, {3, 1}, {9, 1}}) {
      s.push_back(g.call("proxy_increment_metric", {id, delta}));
    }
    for (int id = 1; id <= 4; ++id) {
      s.push_back(g.call("proxy_record_metric", {id, 10}));
    }
    for (int id = 1; id <= 4; ++id) {
      s.push_back(g.call("proxy_get_metric", {id, slot(8 + static_cast<uint32_t>(id))}));
    }
    return s;
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(19),
              ElementsAre(kOk, kOk, kOk, kBadArgument, kOk, kBadArgument, kBadArgument, kOk, kOk,
                          kBadArgument, kNotFound, kOk, kOk, kOk, kNotFound, kOk, kOk, kBadArgument,
                          kNotFound));
  EXPECT_EQ(t.plugin.u64(slot(9)), 15U);
  EXPECT_EQ(t.plugin.u64(slot(10)), 10U);
}

TEST(Metrics, OverTheQuotaShareOneMetric) {
  PluginSpec spec;
  spec.limits.metric_count = 1;
  OneCallback t(
      [](auto& g) {
        return OneCallback::Steps{g.call("proxy_define_metric", {0, g.text("a"), 1, slot(0)}),
                                  g.call("proxy_define_metric", {0, g.text("b"), 1, slot(1)}),
                                  g.call("proxy_define_metric", {0, g.text("c"), 1, slot(2)})};
      },
      spec);
  t.run();
  EXPECT_NE(t.plugin.u32(slot(0)), t.plugin.u32(slot(1)));
  EXPECT_EQ(t.plugin.u32(slot(1)), t.plugin.u32(slot(2)));
}

// ---- Calls out.

const std::vector<Pair> kCallHeaders{{":method", "GET"}, {":path", "/"}, {":authority", "a"}};

std::string http_call(GuestBuilder& g, std::string_view cluster, const std::vector<Pair>& headers,
                      std::string_view body, int64_t timeout, uint32_t out) {
  const auto bytes = serialise_pairs(headers);
  return g.call("proxy_http_call", {g.text(cluster), static_cast<int64_t>(cluster.size()),
                                    g.text(bytes), static_cast<int64_t>(bytes.size()), g.text(body),
                                    static_cast<int64_t>(body.size()), 0, 0, timeout, out});
}

GuestBuilder calling_guest() {
  GuestBuilder guest;
  guest.on("proxy_on_request_headers",
           {http_call(guest, "known", kCallHeaders, "body", 500, slot(0))}, 1);
  guest.on(
      "proxy_on_http_call_response",
      {"(call $keep (local.get 0))", "(call $keep (local.get 1))", "(call $keep (local.get 2))",
       "(call $keep (local.get 3))", "(call $keep (local.get 4))", get(guest, 6, ":status", 1),
       guest.call("proxy_get_buffer_bytes", {4, 0, 100, slot(2), slot(2) + 4}),
       guest.call("proxy_get_status", {slot(4), slot(3), slot(3) + 4}),
       guest.call("proxy_set_effective_context", {2}), guest.call("proxy_continue_stream", {0})});
  return guest;
}

TEST(HttpCall, DeliversItsResponseToTheRootContext) {
  TestPlugin plugin(calling_guest());
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers(true);
  ASSERT_EQ(plugin.services.calls.size(), 1U);
  EXPECT_EQ(plugin.services.calls[0]->cluster, "known");
  EXPECT_EQ(plugin.services.calls[0]->headers.get("content-length"), "4");
  EXPECT_EQ(plugin.services.calls[0]->timeout, std::chrono::milliseconds(500));
  http::HeaderMap response;
  response.add(":status", "200");
  response.add("x", "y");
  plugin.services.calls[0]->events->on_http_response(response, "answer", nullptr);
  const auto id = plugin.u32(slot(0));
  EXPECT_EQ(id & 3, 0U);
  EXPECT_THAT(plugin.statuses(11), ElementsAre(kOk, 1, id, 2, 6, 0, kOk, kOk, kOk, kOk, kOk));
  EXPECT_EQ(plugin.out(1) + plugin.out(2), "200answer");
  EXPECT_THAT(stream.stream.actions, ElementsAre("continue request"));
}

TEST(HttpCall, AConnectFailureIsAResponseAndAResetIsNone) {
  for (const auto& [failure, headers, status, text] :
       std::vector<std::tuple<CallFailure, uint32_t, std::string, std::string>>{
           {CallFailure::ConnectionRefused, 3, "503", "connection refused"},
           {CallFailure::Timeout, 3, "504", "timeout"},
           {CallFailure::Reset, 0, "", "reset"},
           {CallFailure::ResponseTooLarge, 0, "", "response too large"}}) {
    TestPlugin plugin(calling_guest());
    ASSERT_TRUE(plugin.start());
    TestStream stream(plugin);
    stream.request_headers(true);
    plugin.services.calls[0]->events->on_http_failure(failure);
    EXPECT_EQ(plugin.status(3), headers);
    EXPECT_EQ(plugin.out(1), status);
    EXPECT_EQ(plugin.out(3), text);
    EXPECT_EQ(plugin.u32(slot(4)), 11U);
  }
}

TEST(HttpCall, ChecksItsArguments) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{
        http_call(g, "unknown", kCallHeaders, "", 1, slot(0)),
        http_call(g, "known", {{":method", "GET"}, {":path", "/"}}, "", 1, slot(0)),
        http_call(g, "known", kCallHeaders, "", 0x80000000, slot(0)),
        http_call(g, "known", {{":method", "G\r\nX"}, {":path", "/"}, {":authority", "a"}}, "", 1,
                  slot(0)),
        http_call(g, "known", kCallHeaders, "", 1, 0xFFFFFFFE)};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(5),
              ElementsAre(kBadArgument, kBadArgument, kBadArgument, kBadArgument, kBadMemory));
  EXPECT_TRUE(t.plugin.services.calls.empty());
}

TEST(HttpCall, ThatCannotStartIsAnInternalFailureWithoutCallback) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{http_call(g, "known", kCallHeaders, "", 1, slot(0))};
  });
  t.plugin.services.start = CallStart::NotStarted;
  t.run();
  EXPECT_EQ(t.plugin.status(0), kInternal);
  EXPECT_EQ(t.plugin.vm().root().callouts.in_flight(), 0U);
}

TEST(HttpCall, IsLimitedPerStreamAndToAllowedClusters) {
  PluginSpec spec;
  spec.limits.callouts_per_stream = 2;
  spec.callout_clusters = {"known"};
  OneCallback t(
      [](auto& g) {
        return OneCallback::Steps{http_call(g, "other", kCallHeaders, "", 1, slot(0)),
                                  http_call(g, "known", kCallHeaders, "", 1, slot(0)),
                                  http_call(g, "known", kCallHeaders, "", 1, slot(0)),
                                  http_call(g, "known", kCallHeaders, "", 1, slot(0))};
      },
      spec);
  t.plugin.services.clusters = {"known", "other"};
  t.run();
  EXPECT_THAT(t.plugin.statuses(4), ElementsAre(kInternal, kOk, kOk, kInternal));
}

TEST(HttpCall, OutlivesItsStreamAndEndsWithTheVm) {
  TestPlugin plugin(calling_guest());
  ASSERT_TRUE(plugin.start());
  {
    TestStream stream(plugin);
    stream.request_headers(true);
  }
  EXPECT_FALSE(plugin.services.calls[0]->cancelled);
  plugin.worker->retire();
  plugin.services.run_deferred();
  EXPECT_TRUE(plugin.services.calls[0]->cancelled);
}

TEST(HttpCall, AskedForWhileConfiguringBeginsOnTheWorker) {
  GuestBuilder guest;
  guest.on("proxy_on_configure", {http_call(guest, "known", kCallHeaders, "", 100, slot(0))}, 1);
  guest.on("proxy_on_http_call_response", {"(call $keep (local.get 1))"});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  ASSERT_EQ(plugin.services.calls.size(), 1U);
  plugin.services.calls[0]->events->on_http_failure(CallFailure::Reset);
  EXPECT_EQ(plugin.status(1), plugin.u32(slot(0)));
}

TEST(GrpcCall, AnswersOnceAndFailsOnce) {
  for (const bool ok : {true, false}) {
    GuestBuilder guest;
    guest.on("proxy_on_request_headers",
             {guest.call("proxy_grpc_call",
                         {guest.text("known"), 5, guest.text("p.S"), 3, guest.text("M"), 1, 0, 0,
                          guest.text("ask"), 3, 100, slot(0)})},
             0);
    guest.on("proxy_on_grpc_receive",
             {"(call $keep (local.get 1))",
              guest.call("proxy_get_buffer_bytes", {5, 0, 99, slot(1), slot(1) + 4})});
    guest.on("proxy_on_grpc_close",
             {"(call $keep (local.get 2))",
              guest.call("proxy_get_status", {slot(2), slot(3), slot(3) + 4})});
    TestPlugin plugin(guest);
    ASSERT_TRUE(plugin.start());
    TestStream stream(plugin);
    stream.request_headers();
    ASSERT_EQ(plugin.services.grpcs.size(), 1U);
    auto grpc = plugin.services.grpcs[0];
    EXPECT_EQ(grpc->service, "p.S/M@known");
    EXPECT_THAT(grpc->actions, ElementsAre("send ask end"));
    if (ok) {
      grpc->events->on_message("answer");
      grpc->events->on_close(0, "");
      EXPECT_THAT(plugin.statuses(3), ElementsAre(kOk, plugin.u32(slot(0)), kOk));
      EXPECT_EQ(plugin.out(1), "answer");
    } else {
      grpc->events->on_close(5, "gone");
      EXPECT_THAT(plugin.statuses(3), ElementsAre(kOk, 5, kOk));
      EXPECT_EQ(plugin.out(3), "gone");
    }
    EXPECT_EQ(plugin.u32(slot(0)) & 3, 1U);
  }
}

TEST(GrpcStream, SendsReceivesAndEnds) {
  GuestBuilder guest;
  guest.on(
      "proxy_on_request_headers",
      {guest.call("proxy_grpc_stream", {guest.text("known"), 5, guest.text("p.S"), 3,
                                        guest.text("M"), 1, 0, 0, slot(0)}),
       guest.call_texts("proxy_grpc_send", {"(i32.load (i32.const 128))", "8192", "2", "0"}),
       guest.call("proxy_grpc_send", {4, 0, 0, 0}), guest.call("proxy_grpc_send", {402, 0, 0, 0}),
       guest.call_texts("proxy_grpc_close", {"(i32.load (i32.const 128))"}),
       guest.call("proxy_grpc_cancel", {402}), guest.call("proxy_grpc_close", {3})},
      0);
  guest.on("proxy_on_grpc_receive_initial_metadata",
           {"(call $keep (local.get 2))", get(guest, 4, "k", 1)});
  guest.on("proxy_on_grpc_receive", {"(call $keep (local.get 2))"});
  guest.on("proxy_on_grpc_close", {"(call $keep (local.get 2))",
                                   guest.call_texts("proxy_grpc_cancel", {"(local.get 1)"})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_THAT(plugin.statuses(7),
              ElementsAre(kOk, kOk, kBadArgument, kNotFound, kOk, kNotFound, kNotFound));
  auto grpc = plugin.services.grpcs[0];
  EXPECT_THAT(grpc->actions, ElementsAre("send kn", "close"));
  http::HeaderMap metadata;
  metadata.add("k", "v");
  grpc->events->on_initial_metadata(metadata);
  grpc->events->on_message("abc");
  grpc->events->on_message("");
  grpc->events->on_close(0, "");
  EXPECT_THAT(plugin.statuses(13), ElementsAre(kOk, kOk, kBadArgument, kNotFound, kOk, kNotFound,
                                               kNotFound, 1, kOk, 3, 0, 0, kNotFound));
  EXPECT_EQ(plugin.out(1), "v");
}

TEST(GrpcCall, ToAnUnknownClusterDoesNotParse) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{
        g.call("proxy_grpc_call", {g.text("nope"), 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, slot(0)})};
  });
  t.run();
  EXPECT_EQ(t.plugin.status(0), 4U);
}

TEST(Redis, IsPreparedThenCalled) {
  GuestBuilder guest;
  guest.on("proxy_on_configure",
           {guest.call("proxy_redis_init", {guest.text("known?db=3"), 10, guest.text("u"), 1,
                                            guest.text("p"), 1, 200})},
           1);
  guest.on(
      "proxy_on_request_headers",
      {guest.call("proxy_redis_call", {guest.text("known"), 5, guest.text("PING"), 4, slot(0)}),
       guest.call("proxy_redis_call", {guest.text("other"), 5, 0, 0, slot(1)})},
      1);
  guest.on(
      "proxy_on_redis_call_response",
      {"(call $keep (local.get 1))", "(call $keep (local.get 2))", "(call $keep (local.get 3))",
       guest.call("proxy_get_buffer_bytes", {9, 0, 99, slot(2), slot(2) + 4})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  TestStream stream(plugin);
  stream.request_headers();
  ASSERT_EQ(plugin.services.redis.size(), 1U);
  EXPECT_EQ(plugin.services.redis[0].target.database, 3U);
  EXPECT_EQ(plugin.services.redis[0].query, "PING");
  plugin.services.redis[0].events->on_redis_reply("+PONG\r\n");
  EXPECT_THAT(plugin.statuses(7),
              ElementsAre(kOk, kOk, kBadArgument, plugin.u32(slot(0)), 0, 7, kOk));
  EXPECT_EQ(plugin.out(2), "+PONG\r\n");
}

// ---- Extras and foreign functions.

std::string foreign(GuestBuilder& g, std::string_view name, std::string_view arguments,
                    uint32_t n) {
  return g.call("proxy_call_foreign_function",
                {g.text(name), static_cast<int64_t>(name.size()), g.text(arguments),
                 static_cast<int64_t>(arguments.size()), slot(n), slot(n) + 4});
}

TEST(Higress, InjectsAndChoosesHosts) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{
        g.call("proxy_inject_encoded_data_to_filter_chain", {g.text("ab"), 2, 0}),
        g.call("proxy_inject_encoded_data_to_filter_chain", {g.text("cd"), 2, 1}),
        g.call("proxy_get_upstream_hosts", {slot(0), slot(0) + 4}),
        g.call("proxy_set_upstream_override_host", {g.text("1.2.3.4:5"), 9}),
        g.call("proxy_set_upstream_override_host", {g.text("10.0.0.1:80"), 11})};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(5), ElementsAre(kOk, kOk, kOk, kOk, kOk));
  EXPECT_THAT(t.stream->stream.actions, ElementsAre("inject abcd end"));
  EXPECT_THAT(t.plugin.out(0), HasSubstr("10.0.0.1:80"));
  EXPECT_EQ(t.stream->stream.stream_info.upstream_override_host, "10.0.0.1:80");
  EXPECT_THAT(t.plugin.logger.text(), HasSubstr("1.2.3.4:5 is no endpoint"));
}

TEST(ForeignFunctions, UnknownIsNotFoundAndNullResultsAreAccepted) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{
        foreign(g, "nothing", "", 0),
        g.call("proxy_call_foreign_function", {g.text("clear_route_cache"), 17, 0, 0, 0, 0}),
        foreign(g, "get_log_level", "", 1)};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(3), ElementsAre(kNotFound, kOk, kOk));
  EXPECT_EQ(t.stream->stream.route_clears, 1);
  EXPECT_EQ(t.plugin.out(1).size(), 4U);
}

TEST(ForeignFunctions, CompressAndUncompressWithALimit) {
  PluginSpec spec;
  spec.limits.foreign_result_bytes = 1000;
  const std::string text(900, 'a');
  OneCallback first(
      [&](auto& g) {
        return OneCallback::Steps{foreign(g, "compress", text, 0),
                                  foreign(g, "uncompress", "no zlib", 1)};
      },
      spec);
  first.run();
  EXPECT_THAT(first.plugin.statuses(2), ElementsAre(kOk, kSerialisation));
  const auto packed = first.plugin.out(0);
  EXPECT_LT(packed.size(), 100U);
  OneCallback second(
      [&](auto& g) { return OneCallback::Steps{foreign(g, "uncompress", packed, 0)}; }, spec);
  second.run();
  EXPECT_EQ(second.plugin.out(0), text);
  spec.limits.foreign_result_bytes = 899;
  OneCallback third(
      [&](auto& g) { return OneCallback::Steps{foreign(g, "uncompress", packed, 0)}; }, spec);
  third.run();
  EXPECT_EQ(third.plugin.status(0), kSerialisation);
}

TEST(ForeignFunctions, DeclareReadOnlyState) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{foreign(g, "declare_property", "\x0a\x01k\x10\x01", 0),
                              set_property(g, "k", "1"),
                              set_property(g, "k", "2"),
                              foreign(g, "declare_property", "\x0a\x01k", 0),
                              foreign(g, "declare_property", "\xff", 0),
                              foreign(g, "set_envoy_filter_state", "\x0a\x01s\x12\x02vv", 0),
                              property(g, "s", 1)};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(7),
              ElementsAre(kOk, kOk, kBadArgument, kBadArgument, kBadArgument, kOk, kOk));
  EXPECT_EQ(t.plugin.out(1), "vv");
}

TEST(ForeignFunctions, SharedDataDeleteListExpire) {
  OneCallback t([](auto& g) {
    return OneCallback::Steps{
        set_shared(g, "a1", "x", 0),
        set_shared(g, "a2", "y", 0),
        set_shared(g, "b", "z", 0),
        foreign(g, "wasmgate.shared_data.list", "a", 0),
        foreign(g, "wasmgate.shared_data.delete", "a1", 1),
        foreign(g, "wasmgate.shared_data.delete", "a1", 1),
        foreign(g, "wasmgate.shared_data.expire", std::string_view("\0\0\0\0b", 5), 1),
        get_shared(g, "b", 2),
        foreign(g, "wasmgate.shared_data.expire", "x", 1)};
  });
  t.run();
  EXPECT_THAT(t.plugin.statuses(9),
              ElementsAre(kOk, kOk, kOk, kOk, kOk, kNotFound, kOk, kNotFound, kBadArgument));
  const auto bytes = t.plugin.out(0);
  const auto pairs = parse_pairs(bytes);
  ASSERT_TRUE(pairs);
  EXPECT_EQ(pairs->size(), 2U);
  EXPECT_EQ(pairs->front().first, "a1");
}

// ---- Rights and hostile guests.

TEST(Capabilities, DeniedFunctionsAndCallbacksAreRefused) {
  PluginSpec spec;
  spec.capabilities = {"proxy_get_header_map_value", "proxy_on_request_headers", "malloc"};
  GuestBuilder guest;
  guest.on("proxy_on_request_headers",
           {guest.call("proxy_log", {2, guest.text("x"), 1}),
            guest.call("random_get", {slot(0), 4}), get(guest, 0, ":method", 1)},
           0);
  guest.on("proxy_on_response_headers", {"unreachable"}, 0);
  TestPlugin plugin(guest, spec);
  ASSERT_TRUE(plugin.start()) << plugin.failure.message;
  TestStream stream(plugin);
  stream.request_headers();
  EXPECT_EQ(stream.response_headers(), filter::kContinue);
  EXPECT_THAT(plugin.statuses(3), ElementsAre(kInternal, 76, kOk));
  EXPECT_THAT(plugin.logger.text(),
              HasSubstr("proxy_log is refused: it is not on the plug-in's capability list"));
  EXPECT_EQ(plugin.out(1), "GET");
}

TEST(StartPhase, AllowsOnlyLogAndWasi) {
  GuestBuilder guest;
  guest.on("_initialize", {guest.call("proxy_log", {2, guest.text("hi"), 2}),
                           guest.call("proxy_set_tick_period_milliseconds", {10}),
                           guest.call("random_get", {slot(0), 4})});
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start());
  EXPECT_THAT(plugin.statuses(3), ElementsAre(kOk, kInternal, 0));
}

TEST(StartPhase, BeginsWithTheStartSection) {
  GuestBuilder guest;
  guest.add("  (func $first " + guest.call("proxy_log", {2, guest.text("hi"), 2}) +
            guest.call("proxy_set_tick_period_milliseconds", {10}) +
            guest.call("random_get", {slot(0), 4}) +
            guest.call("proxy_get_current_time_nanoseconds", {0xFFFFFFF}) + ") (start $first)\n");
  TestPlugin plugin(guest);
  ASSERT_TRUE(plugin.start()) << plugin.load_error << plugin.failure.message;
  EXPECT_THAT(plugin.statuses(4), ElementsAre(kOk, kInternal, 0, kBadMemory));
  EXPECT_THAT(plugin.logger.text(), HasSubstr("hi"));
}

TEST(StartPhase, AStartSectionThatExitsFailsTheStart) {
  GuestBuilder guest;
  guest.add("  (func $first " + guest.call("proc_exit", {3}) + ") (start $first)\n");
  TestPlugin plugin(guest);
  EXPECT_FALSE(plugin.start());
  EXPECT_THAT(plugin.failure.message,
              AllOf(HasSubstr("cannot be started"), HasSubstr("proc_exit(3)")));
}

/// Reads a header while the allocator does `body`.
struct AllocatorTrial {
  AllocatorTrial(const std::string& body, const std::string& before = "")
      : plugin(guest(body, before), spec()) {
    EXPECT_TRUE(plugin.start());
    stream = std::make_unique<TestStream>(plugin);
    stream->request_headers();
  }
  static PluginSpec spec() {
    PluginSpec out;
    out.limits.call_deadline = std::chrono::milliseconds(500);
    return out;
  }
  static GuestBuilder guest(const std::string& body, const std::string& before) {
    GuestBuilder g;
    g.on("proxy_on_request_headers", {get(g, 0, ":authority", 0)}, 0);
    g.add(before);
    for (const char* name :
         {"proxy_set_tick_period_milliseconds", "proxy_get_header_map_value", "proxy_log"}) {
      (void)g.call(name,
                   std::vector<int64_t>(name == std::string_view("proxy_get_header_map_value") ? 5
                                        : name == std::string_view("proxy_log")                ? 3
                                                                                               : 1,
                                        0));
    }
    g.set_allocator("  (func (export \"malloc\") (param $n i32) (result i32)\n" + body + ")\n");
    return g;
  }
  TestPlugin plugin;
  std::unique_ptr<TestStream> stream;
};

TEST(Allocator, MayReturnNonsense) {
  const uint32_t end = 4 * 65536;
  for (const auto& [address, expected] :
       std::vector<std::pair<uint32_t, uint32_t>>{{0, kBadMemory},
                                                  {1, kOk},
                                                  {end - 11, kOk},
                                                  {end - 10, kBadMemory},
                                                  {end, kBadMemory},
                                                  {0xFFFFFFFF, kBadMemory},
                                                  {0x80000000, kBadMemory}}) {
    AllocatorTrial trial(fmt::format("(i32.const {})", static_cast<int32_t>(address)));
    EXPECT_EQ(trial.plugin.status(0), expected) << address;
    EXPECT_TRUE(trial.stream->stream.actions.empty());
  }
}

TEST(Allocator, MayGrowAndMoveTheMemory) {
  AllocatorTrial trial("(drop (memory.grow (i32.const 100))) (i32.const 400000)");
  EXPECT_EQ(trial.plugin.status(0), kOk);
  EXPECT_EQ(trial.plugin.out(0), "example.com");
}

TEST(Allocator, MayNotChangeHostState) {
  AllocatorTrial trial(
      "(i32.store (i32.const 2000) (call $proxy_set_tick_period_milliseconds (i32.const 10))) "
      "(i32.const 1024)");
  EXPECT_EQ(trial.plugin.status(0), kOk);
  EXPECT_EQ(trial.plugin.u32(2000), kInternal);
  EXPECT_TRUE(trial.plugin.services.timers.empty());
  EXPECT_THAT(trial.plugin.logger.text(),
              HasSubstr("the guest's allocator may not change host state"));
}

TEST(Allocator, MayNotRecurseForEver) {
  AllocatorTrial trial(
      "(drop (call $proxy_get_header_map_value (i32.const 0) (i32.const 8192) (i32.const 10) "
      "(i32.const 2000) (i32.const 2004))) (i32.const 1024)");
  EXPECT_EQ(trial.plugin.status(0), kOk);
}

TEST(Allocator, AnEndlessLoopEndsAtTheDeadline) {
  AllocatorTrial trial("(loop br 0) (i32.const 0)");
  EXPECT_THAT(trial.stream->stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
  EXPECT_THAT(trial.plugin.logger.text(),
              HasSubstr("broke (deadline) in proxy_on_request_headers"));
}

TEST(Allocator, ATrapEndsTheCallWithItsOwnTrace) {
  AllocatorTrial trial("unreachable");
  EXPECT_THAT(trial.stream->stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
  EXPECT_THAT(trial.plugin.logger.text(), HasSubstr("the guest's allocator failed"));
}

TEST(Guest, ALoopOfCheapHostcallsEndsAtTheDeadline) {
  PluginSpec spec;
  spec.limits.call_deadline = std::chrono::milliseconds(10);
  OneCallback t(
      [](auto& g) {
        (void)g.call("proxy_get_log_level", {slot(0)});
        return OneCallback::Steps{
            "(loop (drop (call $proxy_get_log_level (i32.const 128))) (br 0))"};
      },
      spec);
  t.run();
  EXPECT_THAT(t.stream->stream.actions, ElementsAre("fail 503 [wasm_fail_stream]"));
}

/// M19: every function with hostile addresses and sizes: a status, never a trap, never a write
/// outside.
TEST(EveryHostFunction, SurvivesHostileAddressesAndSizes) {
  const std::vector<int64_t> values{0,          1,          4 * 65536 - 1, 4 * 65536,
                                    0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
  for (const auto& entry : hostcall_table()) {
    if (entry.name == "proc_exit" || entry.name == "proc_raise" || entry.type.results.empty()) {
      continue;
    }
    GuestBuilder guest;
    std::vector<std::string> steps;
    const size_t count = entry.type.params.size();
    const auto one = [&](const std::vector<int64_t>& arguments) {
      // No room to keep all statuses: only that each is known.
      auto text = guest.call(entry.name, arguments);
      steps.push_back(fmt::format("(if (i32.gt_u {} (i32.const 76)) (then unreachable))",
                                  text.substr(12, text.size() - 13)));
    };
    for (const auto value : values) {
      one(std::vector<int64_t>(count, value));
      for (size_t i = 0; i < count; ++i) {
        std::vector<int64_t> arguments(count, 1);
        arguments[i] = value;
        one(arguments);
        std::fill(arguments.begin(), arguments.end(), 0);
        arguments[i] = value;
        one(arguments);
      }
    }
    guest.on("proxy_on_request_headers", steps, 0);
    PluginSpec spec;
    spec.limits.call_deadline = std::chrono::milliseconds(2000);
    TestPlugin plugin(guest, spec);
    plugin.logger.set_level(LogLevel::Off);
    ASSERT_TRUE(plugin.start()) << entry.name << plugin.load_error << plugin.failure.message;
    TestStream stream(plugin);
    stream.request_headers();
    for (const auto& action : stream.stream.actions) {
      EXPECT_THAT(action, Not(HasSubstr("fail"))) << entry.name;
    }
  }
}

}  // namespace
}  // namespace wasmgate::wasm
