#include "config/diagnostics/diagnostics.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace wasmgate::config {

void Diagnostics::add(Diagnostic diagnostic) {
  errors_ += diagnostic.severity == Severity::Error ? 1 : 0;
  items_.push_back(std::move(diagnostic));
}

void Diagnostics::append(const Diagnostics& other) {
  for (const Diagnostic& item : other.items_) {
    add(item);
  }
}

void Diagnostics::sort() {
  std::map<std::string, size_t> rank;
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
