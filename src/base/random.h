#pragma once
// Randomness as a port.

#include <cstddef>
#include <cstdint>
#include <span>

namespace wasmgate {

class RandomSource {
 public:
  virtual ~RandomSource() = default;

  /// Fills `out` with cryptographic random bytes.
  virtual void fill(std::span<uint8_t> out) = 0;

  uint64_t next_u64() {
    uint64_t value = 0;
    fill({reinterpret_cast<uint8_t*>(&value), sizeof value});
    return value;
  }
};

/// The kernel's random bytes (getrandom). Thread: any.
class SystemRandom final : public RandomSource {
 public:
  void fill(std::span<uint8_t> out) override;
};

}  // namespace wasmgate
