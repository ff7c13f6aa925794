#include "proxy/request_id.h"

#include <bit>

namespace wasmgate::proxy {

RequestIds::RequestIds(RandomSource& random) {
  for (uint64_t& word : state_) {
    word = random.next_u64() | 1;  // never all zero
  }
}

// xoshiro256**, by Blackman and Vigna: its recurrence.
uint64_t RequestIds::next_number() {
  const uint64_t out = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return out;
}

std::string_view RequestIds::next() {
  static constexpr char kHex[] = "0123456789abcdef";
  uint64_t words[2] = {next_number(), next_number()};
  words[0] = (words[0] & ~uint64_t{0xF000}) | 0x4000;                          // version 4
  words[1] = (words[1] & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);          // variant
  size_t at = 0;
  for (unsigned digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) {
      text_[at++] = '-';
    }
    text_[at++] = kHex[(words[digit / 16] >> (60 - 4 * (digit % 16))) & 15];
  }
  return {text_.data(), text_.size()};
}

}  // namespace wasmgate::proxy
