// Host functions called by real guests: header and trailer maps.

#include "wasm/abi/pairs.h"
#include "wasm/hostcalls/hostcalls_test_support.h"

namespace wasmgate::wasm {
namespace {

using ::testing::ElementsAre;
using testing::fields_of;
using testing::get;
using testing::kBadArgument;
using testing::kBadMemory;
using testing::kNotFound;
using testing::kOk;
using testing::OneCallback;
using testing::remove;
using testing::set_pairs;
using testing::set_property;
using testing::slot;
using testing::write;

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

}  // namespace
}  // namespace wasmgate::wasm
