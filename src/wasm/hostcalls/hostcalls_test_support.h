#pragma once
// What the tests of host functions share: the statuses by name, the steps of a guest that call
// them, and a stream whose request callback runs such steps.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wasm/host/host_test_support.h"

namespace wasmgate::wasm::testing {

inline constexpr uint32_t kOk = 0;
inline constexpr uint32_t kNotFound = 1;
inline constexpr uint32_t kBadArgument = 2;
inline constexpr uint32_t kSerialisation = 3;
inline constexpr uint32_t kBadMemory = 6;
inline constexpr uint32_t kEmpty = 7;
inline constexpr uint32_t kCasMismatch = 8;
inline constexpr uint32_t kInternal = 10;

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

inline std::string get(GuestBuilder& g, uint32_t map, std::string_view name, uint32_t n) {
  return g.call("proxy_get_header_map_value",
                {map, g.text(name), static_cast<int64_t>(name.size()), slot(n), slot(n) + 4});
}
inline std::string write(GuestBuilder& g, std::string_view how, uint32_t map, std::string_view name,
                         std::string_view value) {
  return g.call(fmt::format("proxy_{}_header_map_value", how),
                {map, g.text(name), static_cast<int64_t>(name.size()), g.text(value),
                 static_cast<int64_t>(value.size())});
}
inline std::string remove(GuestBuilder& g, uint32_t map, std::string_view name) {
  return g.call("proxy_remove_header_map_value",
                {map, g.text(name), static_cast<int64_t>(name.size())});
}
inline std::string set_pairs(GuestBuilder& g, uint32_t map, std::string_view bytes) {
  return g.call("proxy_set_header_map_pairs",
                {map, g.text(bytes), static_cast<int64_t>(bytes.size())});
}
inline std::string property(GuestBuilder& g, std::string_view path, uint32_t n) {
  return g.call("proxy_get_property",
                {g.text(path), static_cast<int64_t>(path.size()), slot(n), slot(n) + 4});
}
inline std::string set_property(GuestBuilder& g, std::string_view path, std::string_view value) {
  return g.call("proxy_set_property", {g.text(path), static_cast<int64_t>(path.size()),
                                       g.text(value), static_cast<int64_t>(value.size())});
}

inline std::string fields_of(const http::HeaderMap& map) {
  std::string out;
  for (const auto& field : map.fields()) {
    out += fmt::format("{}={};", field.name, field.value);
  }
  return out;
}

inline std::string set_shared(GuestBuilder& g, std::string_view key, std::string_view value,
                              uint32_t cas) {
  return g.call("proxy_set_shared_data", {g.text(key), static_cast<int64_t>(key.size()),
                                          g.text(value), static_cast<int64_t>(value.size()), cas});
}
inline std::string get_shared(GuestBuilder& g, std::string_view key, uint32_t n) {
  return g.call("proxy_get_shared_data",
                {g.text(key), static_cast<int64_t>(key.size()), slot(n), slot(n) + 4, slot(n + 1)});
}

/// A property's path: its names, with zero bytes between.
inline std::string path_of(std::string dotted) {
  std::replace(dotted.begin(), dotted.end(), '.', '\0');
  return dotted;
}

}  // namespace wasmgate::wasm::testing
