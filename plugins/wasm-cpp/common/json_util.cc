#include "json_util.h"

#include <charconv>
#include <limits>

namespace Wasm::Common {
namespace {

template <typename T>
using Result = std::pair<std::optional<T>, JsonParserResultDetail>;

template <typename T>
Result<T> number_from_text(const std::string& text) {
  T number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::result_out_of_range) {
    return {std::nullopt, OUT_OF_RANGE};
  }
  if (error != std::errc() || stop != end) {
    return {std::nullopt, INVALID_VALUE};
  }
  return {number, OK};
}

}  // namespace

std::optional<JsonObject> JsonParse(std::string_view text) {
  JsonObject parsed = JsonObject::parse(text.begin(), text.end(), nullptr, false);
  if (parsed.is_discarded() || !parsed.is_object()) {
    return std::nullopt;
  }
  return parsed;
}

template <>
Result<std::string_view> JsonValueAs<std::string_view>(const JsonObject& value) {
  if (!value.is_string()) {
    return {std::nullopt, TYPE_ERROR};
  }
  return {std::string_view(value.get_ref<const std::string&>()), OK};
}

template <>
Result<std::string> JsonValueAs<std::string>(const JsonObject& value) {
  if (value.is_string()) {
    return {value.get_ref<const std::string&>(), OK};
  }
  if (value.is_number_unsigned()) {
    return {std::to_string(value.get<uint64_t>()), OK};
  }
  return {std::nullopt, TYPE_ERROR};
}

template <>
Result<int64_t> JsonValueAs<int64_t>(const JsonObject& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return {std::nullopt, OUT_OF_RANGE};
    }
    return {static_cast<int64_t>(number), OK};
  }
  if (value.is_number_integer()) {
    return {value.get<int64_t>(), OK};
  }
  if (value.is_string()) {
    return number_from_text<int64_t>(value.get_ref<const std::string&>());
  }
  return {std::nullopt, TYPE_ERROR};
}

template <>
Result<uint64_t> JsonValueAs<uint64_t>(const JsonObject& value) {
  if (value.is_number_unsigned()) {
    return {value.get<uint64_t>(), OK};
  }
  if (value.is_number_integer()) {
    return {std::nullopt, OUT_OF_RANGE};
  }
  if (value.is_string()) {
    return number_from_text<uint64_t>(value.get_ref<const std::string&>());
  }
  return {std::nullopt, TYPE_ERROR};
}

template <>
Result<bool> JsonValueAs<bool>(const JsonObject& value) {
  if (value.is_boolean()) {
    return {value.get<bool>(), OK};
  }
  if (!value.is_string()) {
    return {std::nullopt, TYPE_ERROR};
  }
  const auto& text = value.get_ref<const std::string&>();
  if (text == "true" || text == "false") {
    return {text == "true", OK};
  }
  return {std::nullopt, INVALID_VALUE};
}

template <>
Result<JsonObject> JsonValueAs<JsonObject>(const JsonObject& value) {
  if (!value.is_object()) {
    return {std::nullopt, TYPE_ERROR};
  }
  return {value, OK};
}

template <>
Result<std::vector<std::string_view>> JsonValueAs<std::vector<std::string_view>>(
    const JsonObject& value) {
  if (!value.is_array()) {
    return {std::nullopt, TYPE_ERROR};
  }
  std::vector<std::string_view> texts;
  for (const auto& element : value) {
    const auto text = JsonValueAs<std::string_view>(element);
    if (!text.first) {
      return {std::nullopt, text.second};
    }
    texts.push_back(*text.first);
  }
  return {std::move(texts), OK};
}

bool JsonArrayIterate(const JsonObject& object, std::string_view field,
                      const std::function<bool(const JsonObject&)>& visitor) {
  const auto found = object.find(std::string(field));
  if (found == object.end()) {
    return true;
  }
  if (!found->is_array()) {
    return false;
  }
  for (const auto& element : *found) {
    if (!visitor(element)) {
      return false;
    }
  }
  return true;
}

bool JsonObjectIterate(const JsonObject& object, std::string_view field,
                       const std::function<bool(std::string)>& visitor) {
  const auto found = object.find(std::string(field));
  return found == object.end() || JsonObjectIterate(*found, visitor);
}

bool JsonObjectIterate(const JsonObject& object, const std::function<bool(std::string)>& visitor) {
  if (!object.is_object()) {
    return false;
  }
  for (const auto& entry : object.items()) {
    if (!visitor(entry.key())) {
      return false;
    }
  }
  return true;
}

}  // namespace Wasm::Common
