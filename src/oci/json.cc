#include "oci/json.h"

#include <set>

namespace wasmgate::oci {
namespace {

// Watches one parse: the library itself has no depth limit and lets the last of two equal keys win.
class Strictness {
 public:
  explicit Strictness(int depth_limit) : depth_limit_(depth_limit) {}

  bool accept(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      broken_ = broken_ || depth >= depth_limit_;
    }
    if (event == Event::object_start) {
      keys_.emplace_back();
    } else if (event == Event::object_end && !keys_.empty()) {
      keys_.pop_back();
    } else if (event == Event::key && !keys_.empty()) {
      broken_ = broken_ || !keys_.back().insert(parsed.get_ref<const std::string&>()).second;
    }
    return !broken_;
  }
  bool broken() const { return broken_; }

 private:
  int depth_limit_;
  bool broken_ = false;
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

std::optional<Json> parse_json(std::string_view text, int depth_limit) {
  Strictness strictness(depth_limit);
  Json value = Json::parse(
      text,
      [&](int depth, Json::parse_event_t event, Json& parsed) {
        return strictness.accept(depth, event, parsed);
      },
      false);
  if (value.is_discarded() || strictness.broken()) {
    return std::nullopt;
  }
  return value;
}

std::string to_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_pretty_text(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

const Json* member(const Json& value, std::string_view key) {
  if (!value.is_object()) {
    return nullptr;
  }
  const auto found = value.find(key);
  return found == value.end() ? nullptr : &*found;
}

std::optional<std::string> string_member(const Json& value, std::string_view key) {
  const Json* found = member(value, key);
  if (found == nullptr || !found->is_string()) {
    return std::nullopt;
  }
  return found->get_ref<const std::string&>();
}

std::optional<uint64_t> number_member(const Json& value, std::string_view key) {
  const Json* found = member(value, key);
  if (found == nullptr || !found->is_number_integer() ||
      (!found->is_number_unsigned() && found->get<int64_t>() < 0)) {
    return std::nullopt;
  }
  return found->get<uint64_t>();
}

const Json* object_member(const Json& value, std::string_view key) {
  const Json* found = member(value, key);
  return found != nullptr && found->is_object() ? found : nullptr;
}

const Json* array_member(const Json& value, std::string_view key) {
  const Json* found = member(value, key);
  return found != nullptr && found->is_array() ? found : nullptr;
}

}  // namespace wasmgate::oci
