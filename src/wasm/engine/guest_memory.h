#pragma once
// A guest's linear memory: every bounds check of the house is here. A view dies at the next call
// into the guest, because memory may grow and move; take a new one then.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace wasmgate::wasm {

/// Who knows how large a memory is now.
class MemoryOwner {
 public:
  virtual size_t memory_size_now() = 0;

 protected:
  ~MemoryOwner() = default;
};

class GuestMemory {
 public:
  GuestMemory() = default;
  /// `grows`: the size may be an earlier one of a memory that never moves or shrinks; its owner is
  /// asked before something is found to lie outside. Null: the size is the true one.
  GuestMemory(uint8_t* base, size_t size, MemoryOwner* grows = nullptr)
      : base_(base), size_(size), grows_(grows) {}

  /// Requires a view with the true size (Instance::memory).
  size_t size() const { return size_; }

  /// True when [address, address + length) lies inside. No sum can wrap: both are 32 bits wide.
  bool holds(uint32_t address, uint32_t length) const {
    const uint64_t end = uint64_t{address} + uint64_t{length};
    return end <= size_ || (grows_ != nullptr && end <= grows_->memory_size_now());
  }

  /// The bytes there; empty optional when not all of them are inside. Lifetime: until the next call
  /// into the guest.
  std::optional<std::string_view> read(uint32_t address, uint32_t length) const {
    if (!holds(address, length)) {
      return std::nullopt;
    }
    return std::string_view(reinterpret_cast<const char*>(base_ + address), length);
  }

  std::optional<std::span<uint8_t>> span(uint32_t address, uint32_t length) const {
    if (!holds(address, length)) {
      return std::nullopt;
    }
    return std::span<uint8_t>(base_ + address, length);
  }

  /// Writes `bytes`; false, and nothing written, when they do not fit.
  bool write(uint32_t address, std::string_view bytes) const {
    if (!holds(address, static_cast<uint32_t>(bytes.size())) || bytes.size() > UINT32_MAX) {
      return false;
    }
    if (!bytes.empty()) {
      std::memcpy(base_ + address, bytes.data(), bytes.size());
    }
    return true;
  }

  bool write_u32(uint32_t address, uint32_t value) const { return write_integer(address, value); }
  bool write_u64(uint32_t address, uint64_t value) const { return write_integer(address, value); }

  std::optional<uint32_t> read_u32(uint32_t address) const {
    return read_integer<uint32_t>(address);
  }
  std::optional<uint64_t> read_u64(uint32_t address) const {
    return read_integer<uint64_t>(address);
  }

 private:
  template <class T>
  bool write_integer(uint32_t address, T value) const {
    if (!holds(address, sizeof value)) {
      return false;
    }
    for (size_t i = 0; i < sizeof value; ++i) {
      base_[address + i] = static_cast<uint8_t>(value >> (8 * i));
    }
    return true;
  }

  template <class T>
  std::optional<T> read_integer(uint32_t address) const {
    if (!holds(address, sizeof(T))) {
      return std::nullopt;
    }
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      value |= static_cast<T>(base_[address + i]) << (8 * i);
    }
    return value;
  }

  uint8_t* base_ = nullptr;
  size_t size_ = 0;
  MemoryOwner* grows_ = nullptr;
};

}  // namespace wasmgate::wasm
