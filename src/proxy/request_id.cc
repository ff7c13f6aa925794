#include "proxy/request_id.h"

#include <bit>
#include <cstring>

namespace wasmgate::proxy {
namespace {

constexpr uint64_t repeat(uint8_t byte) { return 0x0101010101010101ULL * byte; }

/// Writes `number` as eight hexadecimal digits: all of them at once, one digit in each byte of a
/// word.
void write_hex(uint32_t number, char* to) {
  uint64_t digits = number;
  digits = (digits & 0xFFFF0000) << 16 | (digits & 0xFFFF);
  digits = (digits & 0x0000FF000000FF00) << 8 | (digits & 0x000000FF000000FF);
  digits = (digits & 0x00F000F000F000F0) << 4 | (digits & 0x000F000F000F000F);
  const uint64_t is_letter = (digits + repeat(6)) >> 4 & repeat(1);
  digits += repeat('0') + is_letter * ('a' - '0' - 10);
  digits =
      __builtin_bswap64(digits);  // the first digit is the highest byte; memory is little-endian
  std::memcpy(to, &digits, 8);
}

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
  words[0] = (words[0] & ~uint64_t{0xF000}) | 0x4000;                  // version 4
  words[1] = (words[1] & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);  // variant
  // 8-4-4-4-12 digits.
  std::array<char, 32> digits;
  for (size_t i = 0; i < 4; ++i) {
    write_hex(static_cast<uint32_t>(words[i / 2] >> (i % 2 == 0 ? 32 : 0)), &digits[8 * i]);
  }
  std::memcpy(&text_[0], &digits[0], 8);
  std::memcpy(&text_[9], &digits[8], 4);
  std::memcpy(&text_[14], &digits[12], 4);
  std::memcpy(&text_[19], &digits[16], 4);
  std::memcpy(&text_[24], &digits[20], 12);
  return {text_.data(), text_.size()};
}

}  // namespace wasmgate::proxy
