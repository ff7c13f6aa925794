#pragma once
// A table from context ids to values. Ids count up and living ones are mostly consecutive:
// multiplying by the golden ratio spreads such ids evenly, so a look-up is one probe. Removing
// shifts followers back: no tombstones, and no rehash in steady state.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace wasmgate::sdk {

template <typename T>
class IdTable {
 public:
  /// The value of `id`; null when there is none. Lifetime: until the next change of the table.
  T* find(uint32_t id) {
    const size_t slot = slot_of(id);
    return slot == kNone ? nullptr : &slots_[slot]->second;
  }

  /// Stores a value in place of the one that may be there.
  void insert(uint32_t id, T value) {
    if (T* old = find(id)) {
      *old = std::move(value);
      return;
    }
    if ((size_ + 1) * 2 > slots_.size()) {
      grow();
    }
    place({id, std::move(value)});
    ++size_;
  }

  /// Takes the value of `id` out.
  std::optional<T> remove(uint32_t id) {
    size_t hole = slot_of(id);
    if (hole == kNone) {
      return std::nullopt;
    }
    std::optional<T> out(std::move(slots_[hole]->second));
    slots_[hole].reset();
    --size_;
    for (size_t slot = next(hole); slots_[slot]; slot = next(slot)) {
      // The follower may fill the hole unless its home lies behind the hole.
      const size_t from_home = (slot - home(slots_[slot]->first)) & mask();
      const size_t from_hole = (slot - hole) & mask();
      if (from_home >= from_hole) {
        slots_[hole].emplace(std::move(*slots_[slot]));
        slots_[slot].reset();
        hole = slot;
      }
    }
    return out;
  }

  size_t size() const { return size_; }

  /// Calls `visit(value)` for all values, in no order, until it returns true.
  template <typename Visit>
  void visit_until(Visit visit) {
    for (auto& slot : slots_) {
      if (slot && visit(slot->second)) {
        return;
      }
    }
  }

 private:
  using Entry = std::pair<uint32_t, T>;
  static constexpr size_t kNone = SIZE_MAX;
  static constexpr uint32_t kFirstBits = 4;

  size_t mask() const { return slots_.size() - 1; }
  size_t home(uint32_t id) const { return static_cast<uint32_t>(id * 0x9E3779B9U) >> shift_; }
  size_t next(size_t slot) const { return (slot + 1) & mask(); }

  size_t slot_of(uint32_t id) const {
    if (slots_.empty()) {
      return kNone;
    }
    size_t slot = home(id);
    while (slots_[slot] && slots_[slot]->first != id) {
      slot = next(slot);
    }
    return slots_[slot] ? slot : kNone;
  }

  void place(Entry entry) {
    size_t slot = home(entry.first);
    while (slots_[slot]) {
      slot = next(slot);
    }
    slots_[slot].emplace(std::move(entry));
  }

  void grow() {
    shift_ -= slots_.empty() ? 0 : 1;
    std::vector<std::optional<Entry>> old(size_t{1} << (32 - shift_));
    old.swap(slots_);
    for (auto& slot : old) {
      if (slot) {
        place(std::move(*slot));
      }
    }
  }

  std::vector<std::optional<Entry>> slots_;
  size_t size_ = 0;
  uint32_t shift_ = 32 - kFirstBits;  // the home is what remains of 32 bits
};

}  // namespace wasmgate::sdk
