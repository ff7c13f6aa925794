#include "base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/check.h"

namespace wasmgate {

void SystemRandom::fill(std::span<uint8_t> out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = ::getrandom(out.data() + done, out.size() - done, 0);
    if (n < 0) {
      WASMGATE_CHECK(errno == EINTR);
      continue;
    }
    done += static_cast<size_t>(n);
  }
}

}  // namespace wasmgate
