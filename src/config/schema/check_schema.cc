#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "config/check/json_text.h"
#include "config/read/nearest.h"
#include "config/read/object_reader.h"
#include "config/schema/schema.h"

namespace wasmgate::config {
namespace {

double value_of(const Node& node) { return std::strtod(node.text.c_str(), nullptr); }

bool is_integer(const Node& node) {
  const double value = value_of(node);
  return node.is(NodeKind::Number) && std::isfinite(value) && std::floor(value) == value;
}

uint64_t code_points(const std::string& text) {
  return static_cast<uint64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// JSON text that is equal exactly for equal values: keys sorted, numbers by value.
std::string canonical(const Node& node) {
  std::string out;
  if (node.is(NodeKind::Number)) {
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", value_of(node));
    return text;
  }
  if (node.is(NodeKind::Sequence)) {
    for (const NodePtr& item : node.items) {
      out += (out.empty() ? "[" : ",") + canonical(*item);
    }
    return (out.empty() ? "[" : out) + "]";
  }
  if (node.is(NodeKind::Mapping)) {
    std::set<std::string> parts;
    for (const Entry& entry : node.entries) {
      std::string key;
      append_json_string(key, entry.key);
      parts.insert(key + ":" + canonical(*entry.value));
    }
    for (const std::string& part : parts) {
      out += (out.empty() ? "{" : ",") + part;
    }
    return (out.empty() ? "{" : out) + "}";
  }
  append_json(out, node, nullptr);
  return out;
}

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.15g", value);
  return text;
}

bool type_fits(const Schema& schema, const Node& node) {
  if (node.is(NodeKind::Null) && schema.nullable) {
    return true;
  }
  switch (schema.type) {
    case SchemaType::Any:
      return true;
    case SchemaType::Null:
      return node.is(NodeKind::Null);
    case SchemaType::Boolean:
      return node.is(NodeKind::Bool);
    case SchemaType::Integer:
      return is_integer(node);
    case SchemaType::Number:
      return node.is(NodeKind::Number);
    case SchemaType::String:
      return node.is(NodeKind::String);
    case SchemaType::Array:
      return node.is(NodeKind::Sequence);
    case SchemaType::Object:
      return node.is(NodeKind::Mapping);
    case SchemaType::IntegerOrString:
      return is_integer(node) || node.is(NodeKind::String);
  }
  return false;
}

class Checker {
 public:
  Checker(const SchemaTarget& target, Diagnostics& out) : target_(target), out_(out) {}

  void check(const Schema& schema, const Node& node, const std::string& path, bool outermost) {
    if (!type_fits(schema, node)) {
      expected(node, path, describe(schema), hint(schema, node));
      return;
    }
    if (node.is(NodeKind::Null) && schema.nullable) {
      return;
    }
    check_enum(schema, node, path);
    check_number(schema, node, path);
    check_string(schema, node, path);
    check_array(schema, node, path);
    check_object(schema, node, path, outermost);
    check_combined(schema, node, path, outermost);
  }

 private:
  // An array was wanted and one element was given: what the user meant.
  static std::string hint(const Schema& schema, const Node& node) {
    std::string out;
    if (schema.type == SchemaType::Array && node.is(NodeKind::String)) {
      append_json_string(out, node.text);
      return "[" + out + "]";
    }
    if (schema.type == SchemaType::String &&
        (node.is(NodeKind::Number) || node.is(NodeKind::Bool))) {
      append_json_string(out, node.text);
    }
    return out;
  }

  void check_enum(const Schema& schema, const Node& node, const std::string& path) {
    if (!schema.values) {
      return;
    }
    std::string list;
    std::vector<std::string> words;
    for (const NodePtr& value : *schema.values) {
      if (canonical(*value) == canonical(node)) {
        return;
      }
      list += (list.empty() ? "" : ", ") + (value->text.empty() ? canonical(*value) : value->text);
      words.push_back(value->text);
    }
    expected(node, path, "one of " + list, nearest(node.text, words));
  }

  void check_number(const Schema& schema, const Node& node, const std::string& path) {
    if (!node.is(NodeKind::Number)) {
      return;
    }
    const double value = value_of(node);
    if (schema.minimum &&
        (value < *schema.minimum || (schema.exclusive_minimum && value == *schema.minimum))) {
      expected(
          node, path,
          (schema.exclusive_minimum ? "more than " : "at least ") + number_text(*schema.minimum));
    }
    if (schema.maximum &&
        (value > *schema.maximum || (schema.exclusive_maximum && value == *schema.maximum))) {
      expected(
          node, path,
          (schema.exclusive_maximum ? "less than " : "at most ") + number_text(*schema.maximum));
    }
    if (schema.multiple_of) {
      const double ratio = value / *schema.multiple_of;
      if (std::abs(ratio - std::round(ratio)) > 1e-9) {
        expected(node, path, "a multiple of " + number_text(*schema.multiple_of));
      }
    }
  }

  void check_string(const Schema& schema, const Node& node, const std::string& path) {
    if (!node.is(NodeKind::String)) {
      return;
    }
    const uint64_t length = code_points(node.text);
    if (schema.min_length && length < *schema.min_length) {
      expected(node, path, "at least " + std::to_string(*schema.min_length) + " characters");
    }
    if (schema.max_length && length > *schema.max_length) {
      expected(node, path, "at most " + std::to_string(*schema.max_length) + " characters");
    }
    if (schema.pattern != nullptr && !RE2::PartialMatch(node.text, *schema.pattern)) {
      expected(node, path, "text that matches " + schema.pattern_text);
    }
  }

  void check_array(const Schema& schema, const Node& node, const std::string& path) {
    if (!node.is(NodeKind::Sequence)) {
      return;
    }
    const uint64_t count = node.items.size();
    if (schema.min_items && count < *schema.min_items) {
      expected(node, path, "at least " + std::to_string(*schema.min_items) + " elements");
    }
    if (schema.max_items && count > *schema.max_items) {
      expected(node, path, "at most " + std::to_string(*schema.max_items) + " elements");
    }
    std::set<std::string> seen;
    for (size_t i = 0; i < node.items.size(); ++i) {
      const std::string item_path = path + "[" + std::to_string(i) + "]";
      if (schema.items != nullptr) {
        check(*schema.items, *node.items[i], item_path, false);
      }
      if (schema.unique_items && !seen.insert(canonical(*node.items[i])).second) {
        violation(place_of(target_.file, *node.items[i], item_path), "the element stands twice");
      }
    }
  }

  void check_object(const Schema& schema, const Node& node, const std::string& path,
                    bool outermost) {
    if (!node.is(NodeKind::Mapping)) {
      return;
    }
    const uint64_t count = node.entries.size();
    if (schema.min_properties && count < *schema.min_properties) {
      expected(node, path, "at least " + std::to_string(*schema.min_properties) + " keys");
    }
    if (schema.max_properties && count > *schema.max_properties) {
      expected(node, path, "at most " + std::to_string(*schema.max_properties) + " keys");
    }
    for (const std::string& key : schema.required) {
      if (node.find(key) == nullptr) {
        violation(place_of(target_.file, node, path), "the key \"" + key + "\" is missing");
      }
    }
    for (const Entry& entry : node.entries) {
      if (!outermost || !is_reserved(entry.key)) {
        check_entry(schema, node, entry, path);
      }
    }
  }

  void check_entry(const Schema& schema, const Node& node, const Entry& entry,
                   const std::string& path) {
    const std::string entry_path = path + "." + entry.key;
    const auto known =
        std::find_if(schema.properties.begin(), schema.properties.end(),
                     [&](const auto& property) { return property.first == entry.key; });
    if (known != schema.properties.end()) {
      check(*known->second, *entry.value, entry_path, false);
      return;
    }
    if (schema.additional != nullptr) {
      check(*schema.additional, *entry.value, entry_path, false);
      return;
    }
    const bool combined =
        !schema.all_of.empty() || !schema.any_of.empty() || !schema.one_of.empty();
    if (schema.open || (!schema.closed && (schema.properties.empty() || combined))) {
      return;
    }
    std::vector<std::string> free;
    for (const auto& [name, property] : schema.properties) {
      if (node.find(name) == nullptr) {
        free.push_back(name);
      }
    }
    Diagnostic d = at(place_of(target_.file, entry.key_span, entry_path));
    d.severity = schema.closed ? target_.severity : Severity::Warning;
    d.rule = "unknown-key";
    d.message = "the plug-in's schema has no such key";
    d.hint = nearest(entry.key, free);
    out_.add(std::move(d));
  }

  void check_combined(const Schema& schema, const Node& node, const std::string& path,
                      bool outermost) {
    for (const SchemaPtr& part : schema.all_of) {
      check(*part, node, path, outermost);
    }
    if (!schema.any_of.empty() && fitting(schema.any_of, node, path, outermost) == 0) {
      violation(place_of(target_.file, node, path),
                "fits none of the " + std::to_string(schema.any_of.size()) + " alternatives");
    }
    if (!schema.one_of.empty()) {
      const size_t count = fitting(schema.one_of, node, path, outermost);
      if (count != 1) {
        violation(place_of(target_.file, node, path), "fits " + std::to_string(count) + " of " +
                                                          std::to_string(schema.one_of.size()) +
                                                          " alternatives; exactly one is needed");
      }
    }
    if (schema.none_of != nullptr && fitting({schema.none_of}, node, path, outermost) != 0) {
      violation(place_of(target_.file, node, path), "is what the schema excludes");
    }
  }

  size_t fitting(const std::vector<SchemaPtr>& schemas, const Node& node, const std::string& path,
                 bool outermost) {
    SchemaTarget strict = target_;
    strict.severity = Severity::Error;
    return static_cast<size_t>(
        std::count_if(schemas.begin(), schemas.end(), [&](const SchemaPtr& schema) {
          Diagnostics trial;
          Checker(strict, trial).check(*schema, node, path, outermost);
          return !trial.has_errors();
        }));
  }

  bool is_reserved(const std::string& key) const {
    return std::find(target_.reserved.begin(), target_.reserved.end(), key) !=
           target_.reserved.end();
  }

  Diagnostic at(const Place& place) const {
    Diagnostic d;
    d.severity = target_.severity;
    d.rule = "schema";
    d.location = place.location;
    d.end_line = place.end_line;
    d.end_column = place.end_column;
    d.path = place.path;
    d.note = target_.note;
    return d;
  }

  void violation(const Place& place, std::string message) {
    Diagnostic d = at(place);
    d.message = std::move(message);
    out_.add(std::move(d));
  }

  void expected(const Node& node, const std::string& path, std::string what,
                std::string try_this = {}) {
    Diagnostic d = at(place_of(target_.file, node, path));
    d.expected = std::move(what);
    d.found = config::describe(node);
    d.hint = std::move(try_this);
    out_.add(std::move(d));
  }

  const SchemaTarget& target_;
  Diagnostics& out_;
};

}  // namespace

std::string describe(const Schema& schema) {
  switch (schema.type) {
    case SchemaType::Any:
      return "any value";
    case SchemaType::Null:
      return "null";
    case SchemaType::Boolean:
      return "boolean";
    case SchemaType::Integer:
      return "integer";
    case SchemaType::Number:
      return "number";
    case SchemaType::String:
      return "string";
    case SchemaType::Array:
      return schema.items == nullptr || schema.items->type == SchemaType::Any
                 ? "array"
                 : "array of " + describe(*schema.items);
    case SchemaType::Object:
      return "object";
    case SchemaType::IntegerOrString:
      break;
  }
  return "integer or string";
}

void check_schema(const Schema& schema, const Node& node, const std::string& path,
                  const SchemaTarget& target, Diagnostics& out) {
  Checker(target, out).check(schema, node, path, true);
}

}  // namespace wasmgate::config
