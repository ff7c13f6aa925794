#include "json_splice.h"

#include "json_util.h"

namespace wasmgate::sdk {
namespace {

using Json = Wasm::Common::JsonObject;

/// Walks the text of an object that is known to be well-formed.
class MemberWalker {
 public:
  explicit MemberWalker(std::string_view text) : text_(text) {}

  size_t position() const { return at_; }
  char current() const { return text_[at_]; }
  void step() { ++at_; }
  void skip_space() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }
  /// Passes one value: a string, a nested value, or a bare word or number.
  void skip_value() {
    size_t depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
      } else {
        depth += c == '{' || c == '[' ? 1 : 0;
        depth -= c == '}' || c == ']' ? 1 : 0;
        ++at_;
      }
    } while (depth > 0);
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n,:]}\"").find(text_[at_]) == std::string_view::npos) {
      ++at_;  // the rest of a word or number
    }
  }
  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_) {
      at_ += text_[at_] == '\\' ? 1 : 0;
    }
    ++at_;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

/// A string literal's meaning; nothing when `literal` is something else.
std::optional<std::string> string_of(std::string_view literal) {
  if (literal.empty() || literal.front() != '"') {
    return std::nullopt;
  }
  const Json value = Json::parse(literal.begin(), literal.end(), nullptr, false);
  return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

std::string literal_of(std::string_view value) {
  return Json(std::string(value)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::optional<JsonSplice> JsonSplice::parse(std::string_view text, std::string_view key) {
  if (!Json::accept(text.begin(), text.end())) {
    return std::nullopt;
  }
  MemberWalker walker(text);
  walker.skip_space();
  // A byte order mark is accepted above; such a document is left alone.
  if (walker.current() != '{') {
    return std::nullopt;
  }
  JsonSplice result;
  result.text_ = text;
  result.key_ = key;
  walker.step();
  for (walker.skip_space(); walker.current() != '}'; walker.skip_space()) {
    result.empty_ = false;
    if (walker.current() == ',') {
      walker.step();
      walker.skip_space();
    }
    const size_t name = walker.position();
    walker.skip_string();
    const auto decoded = string_of(text.substr(name, walker.position() - name));
    walker.skip_space();
    walker.step();  // ':'
    walker.skip_space();
    const size_t begin = walker.position();
    walker.skip_value();
    if (decoded == key) {
      result.values_.push_back({begin, walker.position()});
    }
  }
  result.close_ = walker.position();
  return result;
}

std::optional<std::string> JsonSplice::string_value() const {
  std::optional<std::string> value;
  for (const Range& range : values_) {
    value = string_of(text_.substr(range.begin, range.end - range.begin));
    if (!value) {
      return std::nullopt;
    }
  }
  return value;
}

std::string JsonSplice::with_string(std::string_view value) const {
  const std::string literal = literal_of(value);
  std::string changed;
  changed.reserve(text_.size() + literal.size() + key_.size() + 8);
  size_t from = 0;
  for (const Range& range : values_) {
    changed.append(text_.substr(from, range.begin - from)).append(literal);
    from = range.end;
  }
  if (values_.empty()) {
    changed.append(text_.substr(0, close_)).append(empty_ ? "" : ",");
    changed.append(literal_of(key_)).append(":").append(literal);
    from = close_;
  }
  return changed.append(text_.substr(from));
}

}  // namespace wasmgate::sdk
