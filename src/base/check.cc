#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace wasmgate::detail {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "wasmgate: check failed at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace wasmgate::detail
