#pragma once
// Everything that is wrong or doubtful in a set of configuration files, collected in one run:
// nothing stops at the first error. Each finding has its place, the path of the field, what was
// found and what was expected. Rendering is in render.h.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config/model/location.h"

namespace wasmgate::config {

enum class Severity : uint8_t { Error, Warning };

struct Diagnostic {
  Severity severity = Severity::Error;
  std::string rule;         // stable word for machines: "unknown-field", "wrong-type", "dead-rule"
  Location location;        // line 0: the whole file
  uint32_t end_line = 0;    // 0: unknown; else the place after the last character
  uint32_t end_column = 0;  // from 1
  std::string path;         // "spec.matchRules[0].domain"; empty: the document
  std::string message;      // one sentence without the path
  std::string found;        // may be empty
  std::string expected;     // may be empty
  std::string hint;         // what to try; may be empty
  std::string
      note;  // where the demand comes from: "schema: request-block 1.0.0 (spec.yaml)"; may be empty
  bool secret = false;  // the source line must not be shown
};

/// Where a value stands: kept by the readers for checks that come later.
struct Place {
  Location location;
  uint32_t end_line = 0;
  uint32_t end_column = 0;
  std::string path;
};

class Diagnostics {
 public:
  void add(Diagnostic diagnostic);
  void error(const Place& at, std::string rule, std::string message, std::string hint = {});
  void warning(const Place& at, std::string rule, std::string message, std::string hint = {});
  void append(const Diagnostics& other);

  /// The first kMaxItems findings; further ones are only counted.
  const std::vector<Diagnostic>& items() const { return items_; }
  bool has_errors() const { return errors_ != 0; }
  size_t errors() const { return errors_; }
  size_t warnings() const { return warnings_; }
  bool empty() const { return errors_ + warnings_ == 0; }

  static constexpr size_t kMaxItems = 10'000;

  /// Puts them in the order of `files` (others after them, as first seen), then lines, then
  /// columns; equal places keep their order.
  void sort(const std::vector<std::string>& files = {});

 private:
  void add_at(Severity severity, const Place& at, std::string rule, std::string message,
              std::string hint);

  std::vector<Diagnostic> items_;
  size_t errors_ = 0;
  size_t warnings_ = 0;
};

}  // namespace wasmgate::config
