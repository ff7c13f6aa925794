#pragma once
// A list of fixed capacity whose elements stand in an arena, one behind the other: they never move,
// and are destroyed with the list.

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/arena.h"
#include "base/check.h"

namespace wasmgate {

template <class T>
class ArenaArray {
 public:
  ArenaArray() = default;
  ArenaArray(const ArenaArray&) = delete;
  ArenaArray& operator=(const ArenaArray&) = delete;
  ~ArenaArray() { std::destroy(begin(), end()); }

  /// Makes room for `capacity` elements. Once; `arena` is not reset before this list is gone.
  void start(Arena& arena, size_t capacity) {
    WASMGATE_CHECK(first_ == nullptr);
    if (capacity > 0) {
      first_ = static_cast<T*>(arena.allocate_aligned(capacity * sizeof(T), alignof(T)));
    }
    capacity_ = capacity;
  }

  /// Requires: size() below the capacity.
  template <class... Args>
  T& emplace_back(Args&&... args) {
    WASMGATE_CHECK(size_ < capacity_);
    T* made = std::construct_at(first_ + size_, std::forward<Args>(args)...);
    ++size_;
    return *made;
  }

  size_t size() const { return size_; }
  T& operator[](size_t index) { return first_[index]; }
  const T& operator[](size_t index) const { return first_[index]; }
  T* begin() { return first_; }
  T* end() { return first_ + size_; }

 private:
  T* first_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace wasmgate
