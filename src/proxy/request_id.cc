#include "proxy/request_id.h"

#include <bit>
#include <cstring>

namespace wasmgate::proxy {
namespace {

constexpr std::array<char, 512> kHexPairs = [] {
  std::array<char, 512> out{};
  for (size_t i = 0; i < 256; ++i) {
    out[2 * i] = "0123456789abcdef"[i >> 4];
    out[2 * i + 1] = "0123456789abcdef"[i & 15];
  }
  return out;
}();

}  // namespace

RequestIds::RequestIds(RandomSource& random) {
  text_[8] = text_[13] = text_[18] = text_[23] = '-';
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
  uint64_t words[2] = {next_number(), next_number()};
  words[0] = (words[0] & ~uint64_t{0xF000}) | 0x4000;                          // version 4
  words[1] = (words[1] & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);          // variant
  // Where the two digits of each byte stand; hyphens are in between.
  static constexpr unsigned char kPlace[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
  for (unsigned i = 0; i < 16; ++i) {
    const auto byte = static_cast<unsigned char>(words[i / 8] >> (56 - 8 * (i % 8)));
    std::memcpy(&text_[kPlace[i]], &kHexPairs[2U * byte], 2);
  }
  return {text_.data(), text_.size()};
}

}  // namespace wasmgate::proxy
