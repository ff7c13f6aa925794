#pragma once
// Sixteen bytes of text at once, for the tests that every name and value of a message passes:
// vector instructions where every processor of the kind has them (SSE2), two words elsewhere.

#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "http/rules/characters.h"

namespace wasmgate::http::characters {

#ifdef __SSE2__

using Chunk = __m128i;

inline Chunk load_chunk(const char* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}
inline Chunk make_chunk(uint64_t low, uint64_t high) {
  return _mm_set_epi64x(static_cast<int64_t>(high), static_cast<int64_t>(low));
}

/// All bytes are letters, digits or "-".
inline bool is_plain_name(Chunk bytes) {
  // Signed comparisons: a byte above 0x7F is negative, so in no range.
  const auto within = [](Chunk value, char first, char last) {
    return _mm_and_si128(_mm_cmpgt_epi8(value, _mm_set1_epi8(static_cast<char>(first - 1))),
                         _mm_cmplt_epi8(value, _mm_set1_epi8(static_cast<char>(last + 1))));
  };
  const Chunk letter = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
  const Chunk other =
      _mm_or_si128(within(bytes, '0', '9'), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')));
  return _mm_movemask_epi8(_mm_or_si128(letter, other)) == 0xFFFF;
}

/// Some byte is below 0x20 or equal to 0x7F.
inline bool has_control(Chunk bytes) {
  const Chunk below_space = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
  return _mm_movemask_epi8(_mm_or_si128(below_space, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)))) !=
         0;
}

#else

struct Chunk {
  uint64_t low;
  uint64_t high;
};

inline Chunk load_chunk(const char* from) { return {load_word(from), load_word(from + 8)}; }
inline Chunk make_chunk(uint64_t low, uint64_t high) { return {low, high}; }
inline bool is_plain_name(Chunk bytes) {
  return (plain_name_bytes(bytes.low) & plain_name_bytes(bytes.high)) == repeat(0x80);
}
inline bool has_control(Chunk bytes) { return has_control(bytes.low) || has_control(bytes.high); }

#endif

/// Shows `text` (not empty) to `test(Chunk)` until it says false; the last chunk overlaps the one
/// before it, a shorter text is shown with some of its bytes repeated.
template <class Test>
bool all_chunks(std::string_view text, Test test) {
  const char* const data = text.data();
  const size_t size = text.size();
  if (size >= 16) {
    for (size_t i = 0; i + 16 < size; i += 16) {
      if (!test(load_chunk(data + i))) {
        return false;
      }
    }
    return test(load_chunk(data + size - 16));
  }
  if (size >= 8) {
    return test(make_chunk(load_word(data), load_word(data + size - 8)));
  }
  uint64_t word = 0;
  if (size >= 4) {
    uint32_t head = 0;
    uint32_t tail = 0;
    std::memcpy(&head, data, 4);
    std::memcpy(&tail, data + size - 4, 4);
    word = uint64_t{tail} << 32 | head;
  } else {
    const auto byte = [&](size_t i) { return uint64_t{static_cast<unsigned char>(data[i])}; };
    const uint64_t first = repeat(static_cast<uint8_t>(data[0])) & ~uint64_t{0xFFFF};
    word = first | byte(size / 2) << 8 | byte(size - 1);
  }
  return test(make_chunk(word, word));
}

}  // namespace wasmgate::http::characters
