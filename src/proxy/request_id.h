#pragma once
// Ids of requests: random UUIDs (version 4). The generator is seeded from the kernel and is fast,
// not secret.

#include <array>
#include <cstdint>
#include <string_view>

#include "base/random.h"

namespace wasmgate::proxy {

class RequestIds {
 public:
  explicit RequestIds(RandomSource& random);

  /// "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx". Lifetime: until the next call.
  std::string_view next();

  /// A plain random number from the same generator, for choices that need no secrecy.
  uint64_t next_number();

 private:
  std::array<uint64_t, 4> state_{};
  std::array<char, 36> text_{};
};

}  // namespace wasmgate::proxy
