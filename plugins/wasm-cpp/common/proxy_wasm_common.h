// Small words shared by every part of the C++ SDK: status texts and header lists.
#pragma once

#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy_wasm_enums.h"

// Names that plug-ins written for older C++ SDKs use.
using StringView = std::string_view;
template <typename T>
using Optional = std::optional<T>;

/// Header names and values in order; repeated names are repeated pairs.
using HeaderStringPairs = std::vector<std::pair<std::string, std::string>>;

/// Returns the enumerator's name, or "unknown" for a number outside the enumeration.
inline std::string toString(WasmResult result) {
  constexpr std::string_view kNames[] = {
      "Ok",           "NotFound",       "BadArgument",         "SerializationFailure",
      "ParseFailure", "BadExpression",  "InvalidMemoryAccess", "Empty",
      "CasMismatch",  "ResultMismatch", "InternalFailure",     "BrokenConnection",
      "Unimplemented"};
  const auto number = static_cast<size_t>(result);
  return std::string(number < std::size(kNames) ? kNames[number] : "unknown");
}
