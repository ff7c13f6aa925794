#include "config/read/object_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "config/read/nearest.h"
#include "config/read/units.h"

namespace wasmgate::config {
namespace {

constexpr size_t kMaxShownText = 60;

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text.substr(0, kMaxShownText)) +
         (text.size() > kMaxShownText ? "…" : "") + "\"";
}

bool simple_key(std::string_view key) {
  return !key.empty() && key.find_first_of(".[]\"' /") == std::string_view::npos;
}

std::string shown_milliseconds(std::chrono::milliseconds value) {
  return std::to_string(value.count()) + "ms";
}

}  // namespace

Place place_of(const std::string& file, Span span, std::string path) {
  return {{file, span.line, span.column}, span.end_line, span.end_column, std::move(path)};
}

Place place_of(const std::string& file, const Node& node, std::string path) {
  return place_of(file, node.span, std::move(path));
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case NodeKind::String:
      return "string " + in_quotes(node.text);
    case NodeKind::Number:
    case NodeKind::Bool:
      return std::string(to_string(node.kind)) + " " + node.text;
    default:
      return std::string(to_string(node.kind));
  }
}

std::optional<std::string> scalar_text(const Node& node) {
  if (node.is(NodeKind::String) || node.is(NodeKind::Number) || node.is(NodeKind::Bool)) {
    return node.text;
  }
  return std::nullopt;
}

ObjectReader::ObjectReader(ReadContext& context, const Node* node, std::string path)
    : context_(context), node_(node), path_(std::move(path)) {
  if (node_ != nullptr && !node_->is(NodeKind::Mapping)) {
    expected(*node_, path_, "object");
    node_ = nullptr;
  }
}

std::string ObjectReader::path_of(std::string_view key) const {
  if (!simple_key(key)) {
    return path_ + "[\"" + std::string(key) + "\"]";
  }
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

Place ObjectReader::place() const {
  return node_ == nullptr ? Place{{context_.file, 0, 0}, 0, 0, path_}
                          : config::place_of(context_.file, *node_, path_);
}

Place ObjectReader::place_of_field(std::string_view key) const {
  const Node* value = node_ == nullptr ? nullptr : node_->find(key);
  return value == nullptr ? place() : config::place_of(context_.file, *value, path_of(key));
}

const Node* ObjectReader::take(std::string_view key) {
  known_.emplace_back(key);
  const Node* value = node_ == nullptr ? nullptr : node_->find(key);
  return value == nullptr || value->is(NodeKind::Null) ? nullptr : value;
}

void ObjectReader::ignore(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    known_.emplace_back(key);
  }
}

void ObjectReader::not_yet(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (take(key) != nullptr) {
      warning(key, "not-supported", "not supported yet; it has no effect");
    }
  }
}

std::optional<std::string> ObjectReader::string(std::string_view key) {
  const Node* value = take(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is(NodeKind::String)) {
    const bool scalar = scalar_text(*value).has_value();
    expected(*value, path_of(key), "string", scalar ? "\"" + value->text + "\"" : "");
    return std::nullopt;
  }
  return value->text;
}

std::string ObjectReader::required_string(std::string_view key) {
  if (take(key) == nullptr) {
    if (present()) {
      context_.out.error(place(), "missing-field",
                         "the field \"" + std::string(key) + "\" is missing");
    }
    return {};
  }
  auto text = string(key);
  if (text && text->empty()) {
    error(key, "empty", "must not be empty");
  }
  return text.value_or("");
}

std::optional<bool> ObjectReader::boolean(std::string_view key) {
  const Node* value = take(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is(NodeKind::Bool)) {
    expected(*value, path_of(key), "boolean (true or false)");
    return std::nullopt;
  }
  return value->text == "true";
}

std::optional<int64_t> ObjectReader::integer(std::string_view key, int64_t min, int64_t max) {
  const Node* value = take(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto number = value->is(NodeKind::Number) ? parse_integer(value->text) : std::nullopt;
  if (!number || *number < min || *number > max) {
    expected(*value, path_of(key),
             "integer from " + std::to_string(min) + " to " + std::to_string(max));
    return std::nullopt;
  }
  return number;
}

std::optional<double> ObjectReader::number(std::string_view key, double min, double max) {
  const Node* value = take(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  double number = 0;
  const char* end = value->text.data() + value->text.size();
  const bool good =
      value->is(NodeKind::Number) && std::from_chars(value->text.data(), end, number).ptr == end;
  if (!good || number < min || number > max) {
    expected(*value, path_of(key),
             "number from " + std::to_string(static_cast<int64_t>(min)) + " to " +
                 std::to_string(static_cast<int64_t>(max)));
    return std::nullopt;
  }
  return number;
}

std::optional<std::chrono::milliseconds> ObjectReader::duration(std::string_view key,
                                                                std::chrono::milliseconds min,
                                                                std::chrono::milliseconds max) {
  const Node* value = take(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto text = scalar_text(*value);
  const auto duration = text ? parse_duration(*text) : std::nullopt;
  if (!duration || *duration < min || *duration > max) {
    expected(*value, path_of(key),
             "duration from " + shown_milliseconds(min) + " to " + shown_milliseconds(max) +
                 ", such as \"50ms\", \"10s\" or \"1m30s\"");
    return std::nullopt;
  }
  return duration;
}

std::optional<uint64_t> ObjectReader::bytes(std::string_view key, uint64_t min, uint64_t max) {
  const Node* value = take(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto text = scalar_text(*value);
  const auto size = text ? parse_bytes(*text) : std::nullopt;
  if (!size || *size < min || *size > max) {
    expected(*value, path_of(key),
             "size from " + std::to_string(min) + " to " + std::to_string(max) +
                 " bytes, such as 65536, \"64Ki\" or \"16Mi\"");
    return std::nullopt;
  }
  return size;
}

std::vector<std::string> ObjectReader::strings(std::string_view key) {
  std::vector<std::string> out;
  array(key, [&](const Node& item, const std::string& path) {
    if (!item.is(NodeKind::String)) {
      expected(item, path, "string", scalar_text(item) ? "\"" + item.text + "\"" : "");
      return;
    }
    out.push_back(item.text);
  });
  return out;
}

std::map<std::string, std::string> ObjectReader::string_map(std::string_view key) {
  std::map<std::string, std::string> out;
  const ObjectReader map = object(key);
  if (!map.present()) {
    return out;
  }
  for (const Entry& entry : map.node()->entries) {
    if (!entry.value->is(NodeKind::String)) {
      expected(*entry.value, map.path_of(entry.key), "string",
               scalar_text(*entry.value) ? "\"" + entry.value->text + "\"" : "");
      continue;
    }
    out[entry.key] = entry.value->text;
  }
  return out;
}

std::optional<size_t> ObjectReader::word(std::string_view key,
                                         std::initializer_list<std::string_view> words) {
  const Node* value = take(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto* found = std::find(words.begin(), words.end(), value->text);
  if (value->is(NodeKind::String) && found != words.end()) {
    return static_cast<size_t>(found - words.begin());
  }
  std::string list;
  for (const std::string_view word : words) {
    list += (list.empty() ? "" : ", ") + std::string(word);
  }
  const std::vector<std::string> known(words.begin(), words.end());
  expected(*value, path_of(key), "one of " + list, nearest(value->text, known));
  return std::nullopt;
}

ObjectReader ObjectReader::object(std::string_view key) {
  const Node* value = take(key);
  return {context_, value, path_of(key)};
}

void ObjectReader::array(std::string_view key,
                         const std::function<void(const Node&, const std::string&)>& each) {
  const Node* value = take(key);
  if (value == nullptr) {
    return;
  }
  if (!value->is(NodeKind::Sequence)) {
    const bool text = value->is(NodeKind::String);
    expected(*value, path_of(key), "array", text ? "[\"" + value->text + "\"]" : "");
    return;
  }
  size_t index = 0;
  for (const NodePtr& item : value->items) {
    each(*item, path_of(key) + "[" + std::to_string(index++) + "]");
  }
}

void ObjectReader::finish() {
  if (node_ == nullptr) {
    return;
  }
  for (const Entry& entry : node_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) {
      continue;
    }
    std::vector<std::string> missing;
    std::copy_if(known_.begin(), known_.end(), std::back_inserter(missing),
                 [&](const std::string& known) { return node_->find(known) == nullptr; });
    const std::string hint = nearest(entry.key, missing);
    context_.out.error(config::place_of(context_.file, entry.key_span, path_of(entry.key)),
                       "unknown-field", "unknown field", hint);
  }
}

void ObjectReader::error(std::string_view key, std::string rule, std::string message,
                         std::string hint) {
  context_.out.error(place_of_field(key), std::move(rule), std::move(message), std::move(hint));
}

void ObjectReader::warning(std::string_view key, std::string rule, std::string message,
                           std::string hint) {
  context_.out.warning(place_of_field(key), std::move(rule), std::move(message), std::move(hint));
}

void ObjectReader::expected(const Node& node, const std::string& path, std::string what,
                            std::string hint) {
  Diagnostic d;
  const Place at = config::place_of(context_.file, node, path);
  d.rule = "wrong-type";
  d.location = at.location;
  d.end_line = at.end_line;
  d.end_column = at.end_column;
  d.path = path;
  d.expected = std::move(what);
  d.found = describe(node);
  d.hint = std::move(hint);
  context_.out.add(std::move(d));
}

}  // namespace wasmgate::config
