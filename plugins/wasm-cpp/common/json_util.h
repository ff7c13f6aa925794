// Reading JSON without exceptions: every access says whether it worked.
//
// For a plug-in's own configuration, config_reader.h on top of this also names the place of an
// error.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nlohmann_json.hpp"

namespace Wasm::Common {

using JsonObject = ::nlohmann::json;

enum JsonParserResultDetail {
  UNKNOWN,
  OK,
  OUT_OF_RANGE,   // no such key, or a number the type cannot hold
  TYPE_ERROR,     // another JSON type
  INVALID_VALUE,  // a text that is not of the wanted form
};

/// Parses a JSON **object**. Nothing when the text is not JSON or another type.
std::optional<JsonObject> JsonParse(std::string_view text);

/// Converts one value. Supported: std::string_view, std::string (unsigned numbers accepted),
/// int64_t and uint64_t (numbers or decimal text), bool (or "true", "false"), JsonObject (objects
/// only), std::vector<std::string_view>.
/// Lifetime: views last as long as `value`.
template <typename T>
std::pair<std::optional<T>, JsonParserResultDetail> JsonValueAs(const JsonObject& value);

template <>
std::pair<std::optional<std::string_view>, JsonParserResultDetail> JsonValueAs<std::string_view>(
    const JsonObject& value);
template <>
std::pair<std::optional<std::string>, JsonParserResultDetail> JsonValueAs<std::string>(
    const JsonObject& value);
template <>
std::pair<std::optional<int64_t>, JsonParserResultDetail> JsonValueAs<int64_t>(
    const JsonObject& value);
template <>
std::pair<std::optional<uint64_t>, JsonParserResultDetail> JsonValueAs<uint64_t>(
    const JsonObject& value);
template <>
std::pair<std::optional<bool>, JsonParserResultDetail> JsonValueAs<bool>(const JsonObject& value);
template <>
std::pair<std::optional<JsonObject>, JsonParserResultDetail> JsonValueAs<JsonObject>(
    const JsonObject& value);
template <>
std::pair<std::optional<std::vector<std::string_view>>, JsonParserResultDetail>
JsonValueAs<std::vector<std::string_view>>(const JsonObject& value);

/// Reads field `field` of an object.
template <typename T>
class JsonGetField {
 public:
  JsonGetField(const JsonObject& object, std::string_view field) {
    const auto found = object.find(std::string(field));
    if (found == object.end()) {
      detail_ = OUT_OF_RANGE;
      return;
    }
    auto [value, detail] = JsonValueAs<T>(*found);
    detail_ = detail;
    value_ = std::move(value);
  }

  JsonParserResultDetail detail() const { return detail_; }
  /// The value, or a default one when `detail()` is not OK.
  T value() const { return value_.value_or(T{}); }
  T value_or(T fallback) const { return value_.value_or(std::move(fallback)); }

 private:
  std::optional<T> value_;
  JsonParserResultDetail detail_ = UNKNOWN;
};

/// Calls `visitor` for each element of array `field` until it returns false.
/// Returns true also when the field is absent; false when it is no array or a visit failed.
bool JsonArrayIterate(const JsonObject& object, std::string_view field,
                      const std::function<bool(const JsonObject& element)>& visitor);
/// Calls `visitor` for each key of object `field`; otherwise as `JsonArrayIterate`.
bool JsonObjectIterate(const JsonObject& object, std::string_view field,
                       const std::function<bool(std::string key)>& visitor);
/// Calls `visitor` for each key of `object`.
bool JsonObjectIterate(const JsonObject& object,
                       const std::function<bool(std::string key)>& visitor);

}  // namespace Wasm::Common
