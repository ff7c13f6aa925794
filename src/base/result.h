#pragma once
// The result of an operation that can fail for an outside reason. Absence is `std::optional`, not
// an error.

#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace wasmgate {

template <class T>
using Result = tl::expected<T, Error>;

/// Makes the failed side of a `Result`.
template <class... Args>
tl::unexpected<Error> fail(Args&&... args) {
  return tl::unexpected<Error>(Error(std::forward<Args>(args)...));
}

}  // namespace wasmgate
