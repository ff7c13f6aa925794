// Finds any of many texts inside another text in one pass (Aho-Corasick automaton over bytes).
//
// The time of a search depends on the text's length only, not on the number of patterns: one
// pattern or ten thousand cost the same. The automaton needs about 20 bytes per pattern byte.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace wasmgate::sdk {

class PatternSet {
 public:
  PatternSet() : PatternSet({}, true) {}
  /// `patterns`: no empty ones (they are ignored). Without `case_sensitive`, ASCII letters compare
  /// equal in both cases; other bytes always compare as they are.
  explicit PatternSet(const std::vector<std::string>& patterns, bool case_sensitive = true);

  bool empty() const { return pattern_of_.size() <= 1; }
  /// True when `text` contains one of the patterns.
  bool found_in(std::string_view text) const;
  /// Calls `visit` with the index of each pattern found, for every place where it ends. Of equal
  /// patterns only the first is reported.
  void each_in(std::string_view text, const std::function<void(size_t index)>& visit) const;

 private:
  using State = uint32_t;
  static constexpr uint32_t kNone = UINT32_MAX;

  uint8_t fold(char c) const;
  void build(const std::vector<std::string>& folded, const std::vector<uint32_t>& order);
  void link_failures();
  State next(State state, uint8_t byte) const;
  State child(State state, uint8_t byte) const;

  bool case_sensitive_;
  // Per state: its edges are edge_bytes_[first_edge_[s] .. first_edge_[s + 1]), leading to states
  // edge_targets_[…]; the root's are also in a table.
  std::vector<uint32_t> first_edge_;
  std::vector<uint8_t> edge_bytes_;
  std::vector<State> edge_targets_;
  std::array<State, 256> root_{};
  std::vector<State> failure_;
  std::vector<uint32_t> pattern_of_;  // index of the pattern that ends here, or kNone
  std::vector<State> hit_;            // nearest state on the failure path that ends a pattern
};

}  // namespace wasmgate::sdk
