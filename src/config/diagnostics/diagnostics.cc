#include "config/diagnostics/diagnostics.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace wasmgate::config {

void Diagnostics::add(Diagnostic diagnostic) {
  (diagnostic.severity == Severity::Error ? errors_ : warnings_) += 1;
  if (items_.size() < kMaxItems) {
    items_.push_back(std::move(diagnostic));
  }
}

void Diagnostics::error(const Place& at, std::string rule, std::string message, std::string hint) {
  add_at(Severity::Error, at, std::move(rule), std::move(message), std::move(hint));
}

void Diagnostics::warning(const Place& at, std::string rule, std::string message,
                          std::string hint) {
  add_at(Severity::Warning, at, std::move(rule), std::move(message), std::move(hint));
}

void Diagnostics::add_at(Severity severity, const Place& at, std::string rule, std::string message,
                         std::string hint) {
  Diagnostic d;
  d.severity = severity;
  d.rule = std::move(rule);
  d.location = at.location;
  d.end_line = at.end_line;
  d.end_column = at.end_column;
  d.path = at.path;
  d.message = std::move(message);
  d.hint = std::move(hint);
  add(std::move(d));
}

void Diagnostics::append(const Diagnostics& other) {
  errors_ += other.errors_;
  warnings_ += other.warnings_;
  for (const Diagnostic& item : other.items_) {
    if (items_.size() < kMaxItems) {
      items_.push_back(item);
    }
  }
}

void Diagnostics::sort(const std::vector<std::string>& files) {
  std::map<std::string, size_t> rank;
  for (const std::string& file : files) {
    rank.emplace(file, rank.size());
  }
  for (const Diagnostic& item : items_) {
    rank.emplace(item.location.file, rank.size());
  }
  const auto key = [&](const Diagnostic& d) {
    return std::make_tuple(rank[d.location.file], d.location.line, d.location.column);
  };
  std::stable_sort(items_.begin(), items_.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
}

}  // namespace wasmgate::config
