#pragma once
// Where a request's pseudo-headers stand in its HeaderMap, in whatever order the peer sent them.

#include <cstddef>

namespace wasmgate::http {

inline constexpr size_t kMethodPlace = 0;
inline constexpr size_t kPathPlace = 1;
inline constexpr size_t kAuthorityPlace = 2;
inline constexpr size_t kSchemePlace = 3;

}  // namespace wasmgate::http
