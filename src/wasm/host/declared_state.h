#pragma once
// What declare_property told about state objects: here only whether one is read-only, since types
// and schemas do not change how we keep a value, and a value always lives as long as its stream.

#include <set>
#include <string>
#include <string_view>

namespace wasmgate::wasm {

class DeclaredState {
 public:
  static constexpr size_t kMaxEntries = 256;

  /// False: declared before.
  bool declare(std::string_view name, bool read_only) {
    if (names_.size() >= kMaxEntries || !names_.emplace(name).second) {
      return false;
    }
    if (read_only) {
      read_only_.emplace(name);
    }
    return true;
  }
  bool is_read_only(std::string_view name) const { return read_only_.contains(name); }

 private:
  std::set<std::string, std::less<>> names_;
  std::set<std::string, std::less<>> read_only_;
};

}  // namespace wasmgate::wasm
