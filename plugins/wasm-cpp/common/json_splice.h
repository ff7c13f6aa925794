// Changing one member of a JSON object in its text, so that everything else keeps its bytes and
// order.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wasmgate::sdk {

class JsonSplice {
 public:
  /// Nothing when `text` is not one JSON object. Any depth of nesting is accepted.
  /// Lifetime: `text` must outlive the object.
  static std::optional<JsonSplice> parse(std::string_view text, std::string_view key);

  /// How often the key stands at the top level.
  size_t count() const { return values_.size(); }
  /// The value, when the key is there and every occurrence is a string; of several the last counts,
  /// as in most readers.
  std::optional<std::string> string_value() const;
  /// The text with every occurrence of the key set to the string `value`; appended when there is
  /// none.
  std::string with_string(std::string_view value) const;

 private:
  struct Range {
    size_t begin, end;
  };

  std::string_view text_;
  std::string key_;
  std::vector<Range> values_;
  size_t close_ = 0;  // position of the last '}'
  bool empty_ = true;
};

}  // namespace wasmgate::sdk
