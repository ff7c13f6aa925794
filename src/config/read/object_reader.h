#pragma once
// Reads one object of a document field by field: type errors, missing and unknown fields go to the
// diagnostics with place and path, and the reader goes on with the default, so that one run finds
// all of them.

#include <chrono>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics/diagnostics.h"
#include "config/yaml/node.h"

namespace wasmgate::config {

/// The file being read and where its findings go. Both outlive it.
struct ReadContext {
  const std::string& file;
  Diagnostics& out;
};

Place place_of(const std::string& file, const Node& node, std::string path);
Place place_of(const std::string& file, Span span, std::string path);

/// What a node is, as messages say it: "string", "number", "object".
std::string describe(const Node& node);

class ObjectReader {
 public:
  /// `node` may be null (absent): then every field is absent. A node that is not an object is an
  /// error.
  ObjectReader(ReadContext& context, const Node* node, std::string path);

  bool present() const { return node_ != nullptr; }
  const Node* node() const { return node_; }
  const std::string& path() const { return path_; }
  std::string path_of(std::string_view key) const;
  Place place() const;
  /// Of the field's value, or of the object when the field is absent.
  Place place_of_field(std::string_view key) const;

  /// The value of a field or null when it is absent or `null`; the field counts as known.
  const Node* take(std::string_view key);

  /// Fields that are valid and have no effect here.
  void ignore(std::initializer_list<std::string_view> keys);
  /// Fields that are valid and not supported yet: a warning for each that is there.
  void not_yet(std::initializer_list<std::string_view> keys);

  std::optional<std::string> string(std::string_view key);
  /// A string that must be there and not empty; a missing one is an error and gives "".
  std::string required_string(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::optional<int64_t> integer(std::string_view key, int64_t min, int64_t max);
  std::optional<double> number(std::string_view key, double min, double max);
  std::optional<std::chrono::milliseconds> duration(std::string_view key,
                                                    std::chrono::milliseconds min,
                                                    std::chrono::milliseconds max);
  std::optional<uint64_t> bytes(std::string_view key, uint64_t min, uint64_t max);
  std::vector<std::string> strings(std::string_view key);
  std::map<std::string, std::string> string_map(std::string_view key);
  /// One of `words`; returns its position.
  std::optional<size_t> word(std::string_view key, std::initializer_list<std::string_view> words);

  ObjectReader object(std::string_view key);
  /// Calls `each` with every element of an array (element, its path). Not an array: an error.
  void array(std::string_view key,
             const std::function<void(const Node&, const std::string&)>& each);

  /// Reports fields that nobody asked for, with the nearest known name. Call last.
  void finish();

  void error(std::string_view key, std::string rule, std::string message, std::string hint = {});
  void warning(std::string_view key, std::string rule, std::string message, std::string hint = {});
  /// "expected …, got …" for the value of a field.
  void expected(const Node& node, const std::string& path, std::string what, std::string hint = {});

  ReadContext& context() { return context_; }

 private:
  ReadContext& context_;
  const Node* node_;
  std::string path_;
  std::vector<std::string> known_;
};

/// Text of a scalar that may be written as string or number (a port's name or number, an
/// annotation); nothing for others.
std::optional<std::string> scalar_text(const Node& node);

}  // namespace wasmgate::config
