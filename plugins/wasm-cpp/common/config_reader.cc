#include "config_reader.h"

namespace wasmgate::sdk {

using Wasm::Common::JsonValueAs;

const ConfigReader::Json* ConfigReader::find(std::string_view key) const {
  const auto found = object_.find(std::string(key));
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::string ConfigReader::pathOf(std::string_view key) const {
  if (path_.empty() || key.empty()) {
    return path_ + std::string(key);
  }
  return path_ + "." + std::string(key);
}

ConfigReader& ConfigReader::fail(std::string_view key, std::string_view message) {
  if (error_->empty()) {
    const std::string path = pathOf(key);
    *error_ = path.empty() ? std::string(message) : path + ": " + std::string(message);
  }
  return *this;
}

ConfigReader& ConfigReader::read(std::string_view key, std::string& out) {
  if (const Json* field = find(key)) {
    auto value = JsonValueAs<std::string>(*field).first;
    if (!value) {
      return fail(key, "expected a string");
    }
    out = std::move(*value);
  }
  return *this;
}

ConfigReader& ConfigReader::read(std::string_view key, bool& out) {
  if (const Json* field = find(key)) {
    const auto value = JsonValueAs<bool>(*field).first;
    if (!value) {
      return fail(key, "expected true or false");
    }
    out = *value;
  }
  return *this;
}

ConfigReader& ConfigReader::read(std::string_view key, int64_t& out, int64_t lowest,
                                 int64_t highest) {
  if (const Json* field = find(key)) {
    const auto value = JsonValueAs<int64_t>(*field).first;
    if (!value || *value < lowest || *value > highest) {
      return fail(key, "expected an integer from " + std::to_string(lowest) + " to " +
                           std::to_string(highest));
    }
    out = *value;
  }
  return *this;
}

ConfigReader& ConfigReader::read(std::string_view key, std::vector<std::string>& out) {
  const Json* field = find(key);
  if (field == nullptr) {
    return *this;
  }
  if (!field->is_array()) {
    return fail(key, "expected a list of strings");
  }
  for (size_t index = 0; index < field->size(); ++index) {
    auto value = JsonValueAs<std::string>((*field)[index]).first;
    if (!value) {
      return fail(std::string(key) + "[" + std::to_string(index) + "]", "expected a string");
    }
    out.push_back(std::move(*value));
  }
  return *this;
}

ConfigReader& ConfigReader::require(std::string_view key, std::string& out) {
  read(key, out);
  return out.empty() ? fail(key, "is required and must not be empty") : *this;
}

ConfigReader& ConfigReader::each(std::string_view key, const Visitor& visit) {
  const Json* field = find(key);
  if (field == nullptr) {
    return *this;
  }
  if (!field->is_array()) {
    return fail(key, "expected a list of objects");
  }
  for (size_t index = 0; index < field->size() && ok(); ++index) {
    const std::string name = std::string(key) + "[" + std::to_string(index) + "]";
    if (!(*field)[index].is_object()) {
      return fail(name, "expected an object");
    }
    ConfigReader element((*field)[index], pathOf(name), error_);
    visit(element);
  }
  return *this;
}

}  // namespace wasmgate::sdk
