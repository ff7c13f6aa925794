#pragma once
// JSON for registry documents: strict reading (depth limit, no duplicate keys) and compact writing
// with sorted keys. The only place that knows the library can throw; nothing escapes from here.
// Members are read by the helpers below, which never throw either.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wasmgate::oci {

using Json = nlohmann::json;

/// Reads one JSON text. Returns nothing when it is no JSON, is deeper than `depth_limit`, or has a
/// key twice in one object.
std::optional<Json> parse_json(std::string_view text, int depth_limit = 32);

/// Compact text with sorted keys, no space; bytes that are no UTF-8 become U+FFFD.
std::string to_text(const Json& value);

/// Two spaces of indentation and a last line feed, for files that people read.
std::string to_pretty_text(const Json& value);

/// The member `key` of an object; null when `value` is no object or has no such member. Lifetime:
/// that of `value`.
const Json* member(const Json& value, std::string_view key);

/// Members of one kind; nothing when absent or of another kind.
std::optional<std::string> string_member(const Json& value, std::string_view key);
std::optional<uint64_t> number_member(const Json& value, std::string_view key);
const Json* object_member(const Json& value, std::string_view key);
const Json* array_member(const Json& value, std::string_view key);

}  // namespace wasmgate::oci
