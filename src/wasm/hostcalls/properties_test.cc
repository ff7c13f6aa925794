// Host functions called by real guests: properties.

#include "wasm/abi/pairs.h"
#include "wasm/hostcalls/hostcalls_test_support.h"

namespace wasmgate::wasm {
namespace {

using ::testing::ElementsAre;
using testing::GuestBuilder;
using ::testing::HasSubstr;
using testing::kBadArgument;
using testing::kNotFound;
using testing::kOk;
using testing::kSerialisation;
using testing::OneCallback;
using testing::path_of;
using testing::property;
using testing::set_property;
using testing::TestPlugin;

std::string le64(uint64_t value) {
  std::string out;
  for (int i = 0; i < 8; ++i) {
    out.push_back(static_cast<char>(value >> (8 * i)));
  }
  return out;
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

}  // namespace
}  // namespace wasmgate::wasm
