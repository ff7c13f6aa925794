#include "base/buffer.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace wasmgate {

void Buffer::append(std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
  commit(bytes.size());
}

void Buffer::append(Buffer&& other) {
  if (empty() && !other.empty()) {
    std::swap(block_, other.block_);
    std::swap(capacity_, other.capacity_);
    begin_ = other.begin_;
    end_ = other.end_;
  } else {
    append(other.view());
  }
  other.clear();
}

void Buffer::drain(size_t size) {
  begin_ += std::min(size, this->size());
  if (begin_ == end_) {
    begin_ = end_ = 0;
  }
}

void Buffer::replace(size_t start, size_t length, std::string_view bytes) {
  start = std::min(start, size());
  length = std::min(length, size() - start);
  if (start == 0 && length == size()) {
    clear();
    append(bytes);
    return;
  }
  const size_t tail = size() - start - length;
  if (bytes.size() > length) {
    reserve(bytes.size() - length);
  }
  char* at = block_.get() + begin_ + start;
  std::memmove(at + bytes.size(), at + length, tail);
  if (!bytes.empty()) {
    std::memcpy(at, bytes.data(), bytes.size());
  }
  end_ = end_ + bytes.size() - length;
}

char* Buffer::reserve(size_t size) {
  if (capacity_ - end_ >= size) {
    return block_.get() + end_;
  }
  const size_t used = this->size();
  if (capacity_ - used >= size && begin_ >= used) {
    std::memcpy(block_.get(), block_.get() + begin_, used);
  } else {
    const size_t wanted = std::max<size_t>({used + size, capacity_ + capacity_ / 2, 256});
    std::unique_ptr<char[]> block(new char[wanted]);
    if (used != 0) {
      std::memcpy(block.get(), block_.get() + begin_, used);
    }
    block_ = std::move(block);
    capacity_ = wanted;
  }
  begin_ = 0;
  end_ = used;
  return block_.get() + end_;
}

}  // namespace wasmgate
