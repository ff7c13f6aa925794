#pragma once
// The ABI versions that plug-ins are built against, by their marker exports. Ascending: the highest
// known one counts.

#include <cstdint>
#include <string_view>

namespace wasmgate::wasm {

enum class AbiVersion : uint8_t { V0_1_0, V0_2_0, V0_2_1, V0_2_100 };

/// "0.1.0", "0.2.0", "0.2.1", "0.2.100".
constexpr std::string_view to_string(AbiVersion version) {
  switch (version) {
    case AbiVersion::V0_1_0:
      return "0.1.0";
    case AbiVersion::V0_2_0:
      return "0.2.0";
    case AbiVersion::V0_2_1:
      return "0.2.1";
    case AbiVersion::V0_2_100:
      return "0.2.100";
  }
  return "";
}

/// What all marker exports begin with: "proxy_abi_version_".
inline constexpr std::string_view kAbiMarkerPrefix = "proxy_abi_version_";

}  // namespace wasmgate::wasm
