#pragma once
// Memory that lives as long as one stream: bump allocation, freed at once. One block that was large
// enough is kept by reset(), so that a reused stream allocates nothing in steady state. Who places
// objects with a destructor here destroys them (arena_array.h).

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace wasmgate {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  // A moved-from arena is empty and usable.
  Arena(Arena&& other) noexcept
      : blocks_(std::move(other.blocks_)),
        next_(std::exchange(other.next_, nullptr)),
        end_(std::exchange(other.end_, nullptr)) {
    other.blocks_.clear();
  }
  Arena& operator=(Arena&& other) noexcept {
    if (this != &other) {
      blocks_ = std::move(other.blocks_);
      next_ = std::exchange(other.next_, nullptr);
      end_ = std::exchange(other.end_, nullptr);
      other.blocks_.clear();
    }
    return *this;
  }

  /// `size` bytes, unaligned. Lifetime: until reset().
  char* allocate(size_t size) {
    if (static_cast<size_t>(end_ - next_) < size) {
      grow(size);
    }
    char* out = next_;
    next_ += size;
    return out;
  }

  /// `size` bytes at a multiple of `alignment` (a power of two, at most that of operator new).
  /// Lifetime: until reset().
  void* allocate_aligned(size_t size, size_t alignment) {
    const size_t gap = -reinterpret_cast<uintptr_t>(next_) & (alignment - 1);
    if (static_cast<size_t>(end_ - next_) < size + gap) {
      grow(size);  // a new block is aligned for everything
      return std::exchange(next_, next_ + size);
    }
    char* out = next_ + gap;
    next_ = out + size;
    return out;
  }

  /// Copies `text` in. Lifetime: until reset().
  std::string_view copy(std::string_view text) {
    if (text.empty()) {
      return {};
    }
    char* out = allocate(text.size());
    std::memcpy(out, text.data(), text.size());
    return {out, text.size()};
  }

  /// Forgets all contents; keeps one block. When several were needed it is one of their total size,
  /// up to kKeepBytes.
  void reset() {
#ifdef __SANITIZE_ADDRESS__
    blocks_.clear();  // so that a late use is found
#endif
    if (blocks_.size() > 1) {
      join_blocks();
    }
    next_ = blocks_.empty() ? nullptr : blocks_.front().memory.get();
    end_ = blocks_.empty() ? nullptr : next_ + blocks_.front().size;
  }

 private:
  static constexpr size_t kBlockBytes = 4096;
  static constexpr size_t kKeepBytes = 64 * 1024;

  struct Block {
    std::unique_ptr<char[]> memory;
    size_t size;
  };

  void join_blocks() {
    size_t total = 0;
    for (const Block& block : blocks_) {
      total += block.size;
    }
    blocks_.resize(1);
    if (total <= kKeepBytes) {
      blocks_.front() = {std::unique_ptr<char[]>(new char[total]), total};
    }
  }

  void grow(size_t size) {
    const size_t block = size > kBlockBytes ? size : kBlockBytes;
    blocks_.push_back({std::unique_ptr<char[]>(new char[block]), block});
    next_ = blocks_.back().memory.get();
    end_ = next_ + block;
  }

  std::vector<Block> blocks_;
  char* next_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace wasmgate
