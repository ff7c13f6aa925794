// Reads a plug-in's configuration object field by field and keeps the first error with its JSON
// path.
//
//     ConfigReader reader(json);
//     reader.read("blocked_code", config.code).read("block_urls", config.urls);
//     return reader.ok();        // reader.error() is e.g. "block_urls[2]: expected a string"
//
// An absent (or null) field leaves the variable as it is; a wrong type is an error. Booleans accept
// "true" and "false", integers accept numeric text.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "json_util.h"

namespace wasmgate::sdk {

class ConfigReader {
 public:
  using Json = Wasm::Common::JsonObject;
  using Visitor = std::function<void(ConfigReader& element)>;

  explicit ConfigReader(const Json& object) : ConfigReader(object, "", nullptr) {}

  ConfigReader& read(std::string_view key, std::string& out);
  ConfigReader& read(std::string_view key, bool& out);
  /// Errors: also a number outside `lowest` to `highest`.
  ConfigReader& read(std::string_view key, int64_t& out, int64_t lowest, int64_t highest);
  /// Array of strings.
  ConfigReader& read(std::string_view key, std::vector<std::string>& out);
  /// As `read`, and an error when the field is absent or empty.
  ConfigReader& require(std::string_view key, std::string& out);
  /// Visits each element of an array of objects.
  ConfigReader& each(std::string_view key, const Visitor& visit);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// The field, or null when it is absent or JSON null.
  const Json* find(std::string_view key) const;
  const Json& object() const { return object_; }

  /// Records an error at `key` of this object (empty: at the object); the first one stays.
  ConfigReader& fail(std::string_view key, std::string_view message);
  bool ok() const { return error_->empty(); }
  const std::string& error() const { return *error_; }
  std::string pathOf(std::string_view key) const;

 private:
  ConfigReader(const Json& object, std::string path, std::string* error)
      : object_(object), path_(std::move(path)), error_(error != nullptr ? error : &own_error_) {}

  const Json& object_;
  std::string path_;
  std::string own_error_;
  std::string* error_;
};

}  // namespace wasmgate::sdk
