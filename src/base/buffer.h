#pragma once
// A growing queue of bytes in one contiguous block: written at the back, drained at the front,
// edited anywhere. Handing a whole buffer on (append(Buffer&&) into an empty one) moves the block
// and copies nothing. Watermarks are the owner's business.

#include <cstddef>
#include <memory>
#include <string_view>

namespace wasmgate {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::string_view text) { append(text); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer(Buffer&& other) noexcept { take(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    if (this != &other) {
      take(other);
    }
    return *this;
  }

  /// All bytes. Lifetime: until the next change of this buffer.
  std::string_view view() const { return {block_.get() + begin_, end_ - begin_}; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  size_t capacity() const { return capacity_; }

  void append(std::string_view bytes);

  /// Moves all bytes of `other` to the back; `other` is empty afterwards. Copies nothing when this
  /// buffer is empty.
  void append(Buffer&& other);

  /// Removes `size` bytes (at most all) from the front.
  void drain(size_t size);
  void clear() { begin_ = end_ = 0; }

  /// Gives the block back to the allocator.
  void release() {
    block_.reset();
    capacity_ = begin_ = end_ = 0;
  }

  /// Replaces `length` bytes from `start` by `bytes`; both are cut to what exists (start ≥ size
  /// appends).
  void replace(size_t start, size_t length, std::string_view bytes);

  /// Room for at least `size` more bytes at the back; write there, then commit(). Lifetime: until
  /// the next change.
  char* reserve(size_t size);
  void commit(size_t size) { end_ += size; }

  /// How many bytes can be committed after the last reserve().
  size_t spare() const { return capacity_ - end_; }

 private:
  void take(Buffer& other) {
    block_ = std::move(other.block_);
    capacity_ = other.capacity_;
    begin_ = other.begin_;
    end_ = other.end_;
    other.capacity_ = other.begin_ = other.end_ = 0;
  }

  std::unique_ptr<char[]> block_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace wasmgate
