#pragma once
// A JSON Schema of the kind that CRDs and plug-ins' spec.yaml use: the OpenAPI v3 structural subset
// with JSON Schema draft 4 keywords. Not a general validator: `$ref` is refused, unknown keywords
// have no effect.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/diagnostics/diagnostics.h"
#include "config/yaml/node.h"

namespace re2 {
class RE2;
}

namespace wasmgate::config {

enum class SchemaType : uint8_t {
  Any,
  Null,
  Boolean,
  Integer,
  Number,
  String,
  Array,
  Object,
  IntegerOrString
};

struct Schema;
using SchemaPtr = std::shared_ptr<const Schema>;

struct Schema {
  SchemaType type = SchemaType::Any;
  bool nullable = false;
  std::optional<std::vector<NodePtr>> values;  // enum

  std::optional<double> minimum;
  std::optional<double> maximum;
  bool exclusive_minimum = false;
  bool exclusive_maximum = false;
  std::optional<double> multiple_of;

  std::optional<uint64_t> min_length;  // in characters
  std::optional<uint64_t> max_length;
  std::string pattern_text;
  std::shared_ptr<const re2::RE2> pattern;

  SchemaPtr items;
  std::optional<uint64_t> min_items;
  std::optional<uint64_t> max_items;
  bool unique_items = false;

  std::vector<std::pair<std::string, SchemaPtr>> properties;
  std::vector<std::string> required;
  std::optional<uint64_t> min_properties;
  std::optional<uint64_t> max_properties;
  bool open = false;     // other keys are welcome (additionalProperties: true,
                         // x-kubernetes-preserve-unknown-fields)
  bool closed = false;   // other keys are errors (additionalProperties: false)
  SchemaPtr additional;  // their schema

  std::vector<SchemaPtr> all_of;
  std::vector<SchemaPtr> any_of;
  std::vector<SchemaPtr> one_of;
  SchemaPtr none_of;  // not
};

/// Reads a schema. Errors in it go to `out` with place and path (`path`: of `node`); what is broken
/// has no effect.
SchemaPtr read_schema(const std::string& file, const Node& node, const std::string& path,
                      Diagnostics& out);

/// What the schema wants, in a word or two: "string", "array of string", "integer or string".
std::string describe(const Schema& schema);

/// Where a checked value stands.
struct SchemaTarget {
  const std::string& file;
  Severity severity = Severity::Error;  // of violations
  std::string note = {};                // of each finding
  std::vector<std::string> reserved =
      {};  // keys of the outermost object that are not the schema's business
};

/// Checks `node` and adds every violation to `out`. Keys that the schema does not name are
/// warnings, unless it says what it thinks of them.
void check_schema(const Schema& schema, const Node& node, const std::string& path,
                  const SchemaTarget& target, Diagnostics& out);

}  // namespace wasmgate::config
