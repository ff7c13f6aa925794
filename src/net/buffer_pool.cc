#include "net/buffer_pool.h"

#include <algorithm>
#include <utility>

namespace wasmgate::net {

Buffer BufferPool::take(size_t size) {
  for (size_t i = buffers_.size(); i > 0; --i) {
    if (buffers_[i - 1].capacity() >= size) {
      Buffer out = std::move(buffers_[i - 1]);
      buffers_.erase(buffers_.begin() + static_cast<std::ptrdiff_t>(i - 1));
      return out;
    }
  }
  Buffer out;
  out.reserve(std::max(size, kUsualBytes));
  return out;
}

void BufferPool::give(Buffer&& buffer) {
  Buffer taken = std::move(buffer);
  if (taken.capacity() >= kUsualBytes && taken.capacity() <= kMaxKeptBytes &&
      buffers_.size() < kMaxKept) {
    taken.clear();
    buffers_.push_back(std::move(taken));
  }
}

void BufferPool::grow(Buffer& out, size_t size) {
  const size_t wanted = out.size() + size;
  Buffer larger =
      take(out.empty() ? wanted : std::max(wanted, out.capacity() + out.capacity() / 2));
  larger.append(out.view());
  give(std::exchange(out, std::move(larger)));
}

}  // namespace wasmgate::net
