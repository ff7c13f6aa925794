#include <re2/re2.h>

#include <charconv>

#include "config/read/object_reader.h"
#include "config/schema/schema.h"

namespace wasmgate::config {
namespace {

class SchemaReader {
 public:
  SchemaReader(const std::string& file, Diagnostics& out) : context_{file, out} {}

  SchemaPtr read(const Node& node, const std::string& path) {
    ObjectReader r(context_, &node, path);
    auto out = std::make_shared<Schema>();
    if (!r.present()) {
      return out;
    }
    if (r.take("$ref") != nullptr) {
      r.error("$ref", "bad-schema", "references are not read here; write the schema out");
    }
    read_type(r, *out);
    read_numbers(r, *out);
    read_strings(r, *out);
    read_arrays(r, *out);
    read_objects(r, *out);
    out->all_of = list(r, "allOf");
    out->any_of = list(r, "anyOf");
    out->one_of = list(r, "oneOf");
    out->none_of = child(r, "not");
    return out;
  }

 private:
  void read_type(ObjectReader& r, Schema& out) {
    const auto type =
        r.word("type", {"null", "boolean", "integer", "number", "string", "array", "object"});
    out.type = type ? static_cast<SchemaType>(*type + 1) : SchemaType::Any;
    if (r.boolean("x-kubernetes-int-or-string").value_or(false)) {
      out.type = SchemaType::IntegerOrString;
    }
    out.nullable = r.boolean("nullable").value_or(false);
    if (const Node* values = r.take("enum"); values != nullptr) {
      if (!values->is(NodeKind::Sequence) || values->items.empty()) {
        r.expected(*values, r.path_of("enum"), "array with at least one value");
      } else {
        out.values = values->items;
      }
    }
  }

  std::optional<double> number(ObjectReader& r, std::string_view key) {
    const Node* node = r.take(key);
    if (node == nullptr) {
      return std::nullopt;
    }
    double value = 0;
    const char* end = node->text.data() + node->text.size();
    if (!node->is(NodeKind::Number) || std::from_chars(node->text.data(), end, value).ptr != end) {
      r.expected(*node, r.path_of(key), "number");
      return std::nullopt;
    }
    return value;
  }

  std::optional<uint64_t> count(ObjectReader& r, std::string_view key) {
    const auto value = r.integer(key, 0, INT64_MAX);
    return value ? std::optional<uint64_t>(static_cast<uint64_t>(*value)) : std::nullopt;
  }

  // Draft 4: a boolean beside minimum. Draft 6 and later: the bound itself.
  void exclusive(ObjectReader& r, std::string_view key, std::optional<double>& bound, bool& flag) {
    const Node* node = r.take(key);
    if (node == nullptr) {
      return;
    }
    if (node->is(NodeKind::Bool)) {
      flag = node->text == "true";
    } else if (const auto value = number(r, key)) {
      bound = value;
      flag = true;
    }
  }

  void read_numbers(ObjectReader& r, Schema& out) {
    out.minimum = number(r, "minimum");
    out.maximum = number(r, "maximum");
    exclusive(r, "exclusiveMinimum", out.minimum, out.exclusive_minimum);
    exclusive(r, "exclusiveMaximum", out.maximum, out.exclusive_maximum);
    out.multiple_of = number(r, "multipleOf");
    if (out.multiple_of && *out.multiple_of <= 0) {
      r.error("multipleOf", "bad-schema", "must be greater than 0");
      out.multiple_of.reset();
    }
  }

  void read_strings(ObjectReader& r, Schema& out) {
    out.min_length = count(r, "minLength");
    out.max_length = count(r, "maxLength");
    if (const auto pattern = r.string("pattern")) {
      RE2::Options options;
      options.set_log_errors(false);
      auto compiled = std::make_shared<RE2>(*pattern, options);
      if (compiled->ok()) {
        out.pattern_text = *pattern;
        out.pattern = std::move(compiled);
      } else {
        r.warning("pattern", "bad-schema", "the pattern is not checked: " + compiled->error());
      }
    }
  }

  void read_arrays(ObjectReader& r, Schema& out) {
    out.items = child(r, "items");
    out.min_items = count(r, "minItems");
    out.max_items = count(r, "maxItems");
    out.unique_items = r.boolean("uniqueItems").value_or(false);
  }

  void read_objects(ObjectReader& r, Schema& out) {
    const ObjectReader properties = r.object("properties");
    if (properties.present()) {
      for (const Entry& entry : properties.node()->entries) {
        out.properties.emplace_back(entry.key, read(*entry.value, properties.path_of(entry.key)));
      }
    }
    out.required = r.take("required") != nullptr && r.take("required")->is(NodeKind::Bool)
                       ? std::vector<std::string>()  // an old habit: required: true in a property
                       : r.strings("required");
    out.min_properties = count(r, "minProperties");
    out.max_properties = count(r, "maxProperties");
    out.open = r.boolean("x-kubernetes-preserve-unknown-fields").value_or(false);
    const Node* additional = r.take("additionalProperties");
    if (additional != nullptr && additional->is(NodeKind::Bool)) {
      out.open = additional->text == "true";
      out.closed = !out.open;
    } else {
      out.additional = child(r, "additionalProperties");
    }
  }

  SchemaPtr child(ObjectReader& r, std::string_view key) {
    const Node* node = r.take(key);
    return node == nullptr ? nullptr : read(*node, r.path_of(key));
  }

  std::vector<SchemaPtr> list(ObjectReader& r, std::string_view key) {
    std::vector<SchemaPtr> out;
    r.array(key,
            [&](const Node& item, const std::string& path) { out.push_back(read(item, path)); });
    return out;
  }

  ReadContext context_;
};

}  // namespace

SchemaPtr read_schema(const std::string& file, const Node& node, const std::string& path,
                      Diagnostics& out) {
  return SchemaReader(file, out).read(node, path);
}

}  // namespace wasmgate::config
