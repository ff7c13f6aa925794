// Host functions called by real guests: Higress's extras and foreign functions.

#include "wasm/abi/pairs.h"
#include "wasm/hostcalls/hostcalls_test_support.h"

namespace wasmgate::wasm {
namespace {

using ::testing::ElementsAre;
using testing::get_shared;
using testing::GuestBuilder;
using ::testing::HasSubstr;
using testing::kBadArgument;
using testing::kNotFound;
using testing::kOk;
using testing::kSerialisation;
using testing::OneCallback;
using testing::property;
using testing::set_property;
using testing::set_shared;
using testing::slot;

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

}  // namespace
}  // namespace wasmgate::wasm
