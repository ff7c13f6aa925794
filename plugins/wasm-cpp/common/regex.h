// Regular expressions (RE2: linear time, no back-references), one or many at once.
//
// A plug-in that includes this header names `re2` in LIBRARIES of its plugin.mk.
#pragma once

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pattern_set.h"

namespace Wasm::Common::Regex {

/// One expression. Nothing is logged; look at `error()` before use.
class CompiledGoogleReMatcher {
 public:
  /// `do_size_check`: refuse expressions whose program is larger than 100 instructions.
  explicit CompiledGoogleReMatcher(const std::string& pattern, bool do_size_check = true);

  /// Empty when the expression can be used.
  const std::string& error() const { return error_; }
  /// True when the whole of `value` matches.
  bool match(std::string_view value) const;
  /// True when some part of `value` matches.
  bool search(std::string_view value) const;
  /// `value` with every match replaced (RE2 rewrite syntax, \1 …).
  std::string replaceAll(std::string_view value, std::string_view substitution) const;

 private:
  re2::RE2 regex_;
  std::string error_;
};

/// Many expressions, searched for together: texts that every match must contain are looked up first
/// in one pass, and only the expressions whose texts are there are run.
class RegexSet {
 public:
  RegexSet() = default;
  /// Adds an expression of at most 100 instructions. Returns an error text, empty when added.
  std::string add(const std::string& pattern, bool case_sensitive = true);
  /// To be called once, after the last `add`.
  void compile();

  bool empty() const { return count_ == 0; }
  /// True when some part of `text` matches some expression.
  bool search(std::string_view text) const;

 private:
  std::unique_ptr<re2::FilteredRE2> filter_ = std::make_unique<re2::FilteredRE2>(2);
  wasmgate::sdk::PatternSet atoms_;
  size_t count_ = 0;
};

}  // namespace Wasm::Common::Regex
