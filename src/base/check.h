#pragma once
// A check of our own logic. It aborts with its place: only for what is wrong in this program, never
// for input.

namespace wasmgate::detail {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}

#define WASMGATE_CHECK(condition)                                       \
  do {                                                                  \
    if (!(condition)) [[unlikely]] {                                    \
      ::wasmgate::detail::check_failed(#condition, __FILE__, __LINE__); \
    }                                                                   \
  } while (false)
