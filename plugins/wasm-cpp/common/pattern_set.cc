#include "pattern_set.h"

#include <algorithm>
#include <numeric>

namespace wasmgate::sdk {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

PatternSet::PatternSet(const std::vector<std::string>& patterns, bool case_sensitive)
    : case_sensitive_(case_sensitive) {
  std::vector<std::string> folded = patterns;
  if (!case_sensitive) {
    for (std::string& pattern : folded) {
      std::transform(pattern.begin(), pattern.end(), pattern.begin(), lower);
    }
  }
  // Sorted, each subtree of the trie is one range of patterns. Stable, so that of equal patterns
  // the first given comes first.
  std::vector<uint32_t> order;
  for (uint32_t index = 0; index < folded.size(); ++index) {
    if (!folded[index].empty()) {
      order.push_back(index);
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return folded[a] < folded[b]; });
  build(folded, order);
  link_failures();
}

void PatternSet::build(const std::vector<std::string>& folded, const std::vector<uint32_t>& order) {
  struct Range {
    uint32_t begin, end, depth;
  };
  std::vector<Range> states = {{0, static_cast<uint32_t>(order.size()), 0}};
  for (size_t state = 0; state < states.size(); ++state) {
    auto [at, end, depth] = states[state];
    first_edge_.push_back(static_cast<uint32_t>(edge_bytes_.size()));
    pattern_of_.push_back(kNone);
    while (at < end && folded[order[at]].size() == depth) {
      if (pattern_of_.back() == kNone) {
        pattern_of_.back() = order[at];
      }
      ++at;
    }
    while (at < end) {
      const char byte = folded[order[at]][depth];
      uint32_t stop = at;
      while (stop < end && folded[order[stop]][depth] == byte) {
        ++stop;
      }
      edge_bytes_.push_back(static_cast<uint8_t>(byte));
      edge_targets_.push_back(static_cast<State>(states.size()));
      states.push_back({at, stop, depth + 1});
      at = stop;
    }
  }
  first_edge_.push_back(static_cast<uint32_t>(edge_bytes_.size()));
}

void PatternSet::link_failures() {
  failure_.assign(pattern_of_.size(), 0);
  hit_.assign(pattern_of_.size(), kNone);
  for (uint32_t edge = first_edge_[0]; edge < first_edge_[1]; ++edge) {
    root_[edge_bytes_[edge]] = edge_targets_[edge];
  }
  // States are numbered breadth first, so a failure target is linked before it is needed.
  for (State state = 0; state < pattern_of_.size(); ++state) {
    hit_[state] = pattern_of_[state] != kNone || state == 0
                      ? (pattern_of_[state] != kNone ? state : kNone)
                      : hit_[failure_[state]];
    for (uint32_t edge = first_edge_[state]; edge < first_edge_[state + 1]; ++edge) {
      if (state != 0) {
        failure_[edge_targets_[edge]] = next(failure_[state], edge_bytes_[edge]);
      }
    }
  }
}

uint8_t PatternSet::fold(char c) const {
  return static_cast<uint8_t>(case_sensitive_ ? c : lower(c));
}

PatternSet::State PatternSet::child(State state, uint8_t byte) const {
  const auto begin = edge_bytes_.begin() + first_edge_[state];
  const auto end = edge_bytes_.begin() + first_edge_[state + 1];
  const auto found = std::lower_bound(begin, end, byte);
  return found != end && *found == byte ? edge_targets_[found - edge_bytes_.begin()] : kNone;
}

PatternSet::State PatternSet::next(State state, uint8_t byte) const {
  while (state != 0) {
    const State target = child(state, byte);
    if (target != kNone) {
      return target;
    }
    state = failure_[state];
  }
  return root_[byte];
}

bool PatternSet::found_in(std::string_view text) const {
  if (empty()) {
    return false;
  }
  State state = 0;
  for (const char c : text) {
    state = next(state, fold(c));
    if (hit_[state] != kNone) {
      return true;
    }
  }
  return false;
}

void PatternSet::each_in(std::string_view text, const std::function<void(size_t)>& visit) const {
  State state = 0;
  for (const char c : text) {
    state = next(state, fold(c));
    State end = hit_[state];
    while (end != kNone) {
      visit(pattern_of_[end]);
      end = end == 0 ? kNone : hit_[failure_[end]];
    }
  }
}

}  // namespace wasmgate::sdk
