// What the simulator's host functions (host_functions.cc) may reach inside it. Not for tests.
#pragma once

#include <string>
#include <string_view>

#include "testing/host_simulator.h"

namespace wasmgate::testing {

struct HostAccess {
  static HostSimulator* current;

  static bool same_name(std::string_view a, std::string_view b);
  static std::optional<std::string> find(const HeaderStringPairs& map, std::string_view name);

  /// The stream host functions act on; null for the root context.
  static StreamSimulator* stream();
  /// The map `type`, or null when it is not there in this context.
  static HeaderStringPairs* map(WasmHeaderMapType type);
  /// The buffer `type`, or null.
  static std::string* buffer(WasmBufferType type);
  /// The value of a property path (segments with zero bytes), stream before host.
  static std::optional<std::string> property(std::string_view path);
  static void set_property(std::string_view path, std::string_view value);
  static WasmResult local_reply(LocalReply reply);
  static WasmResult continue_stream(WasmStreamType type);
  static void close_stream();
  static bool known_context(uint32_t id);
  static void use_context(uint32_t id);
  static uint32_t add_call(CallOut call);
  static uint32_t queue(std::string_view name);
  static std::vector<std::string>& metric_names();
  static uint32_t next_version();
};

}  // namespace wasmgate::testing
