#pragma once
// Large buffers of one loop, for bodies: taken while a body flows, given back when it has left, so
// that big blocks are neither kept by idle connections nor asked of the kernel for every piece.

#include <vector>

#include "base/buffer.h"

namespace wasmgate::net {

class BufferPool {
 public:
  /// Below this size, buffers are the owner's own business.
  static constexpr size_t kLargeBytes = 32 * 1024;

  /// An empty buffer with room for at least `size` bytes.
  Buffer take(size_t size);
  /// Gives back a buffer whose contents are of no more use. Small ones, and what the pool has
  /// enough of, are freed.
  void give(Buffer&& buffer);

  /// Makes room for `size` more bytes in `out`, moving its contents to a pooled block when it has
  /// to grow large.
  void make_room(Buffer& out, size_t size) {
    if (size >= kLargeBytes && out.spare() < size) [[unlikely]] {
      grow(out, size);
    }
  }

  size_t kept() const { return buffers_.size(); }

 private:
  static constexpr size_t kUsualBytes = 192 * 1024;  // a full read, a head and framing
  static constexpr size_t kMaxKeptBytes = 1024 * 1024;
  static constexpr size_t kMaxKept = 16;

  void grow(Buffer& out, size_t size);

  std::vector<Buffer> buffers_;
};

}  // namespace wasmgate::net
