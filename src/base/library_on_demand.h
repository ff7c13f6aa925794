#pragma once
// A shared library that is loaded when a function of it is called for the first time, so that a
// start which does not need it does not pay for its relocations and those of the libraries it
// brings. Loaded once, never unloaded. Thread: any.

#include <dlfcn.h>

namespace wasmgate {

class LibraryOnDemand {
 public:
  /// `name` as the dynamic linker takes it. A library that cannot be loaded has no functions.
  explicit LibraryOnDemand(const char* name) : handle_(::dlopen(name, RTLD_NOW | RTLD_LOCAL)) {}

  /// Null when the library or the function is missing.
  template <class F>
  F* function(const char* name) const {
    return handle_ != nullptr ? reinterpret_cast<F*>(::dlsym(handle_, name)) : nullptr;
  }

 private:
  void* handle_;
};

}  // namespace wasmgate

/// Defines the C function `name` of the library that `library()` gives; without it, the function
/// gives `failure`.
#define WASMGATE_FORWARD(library, result, name, parameters, arguments, failure) \
  extern "C" result name parameters {                                           \
    static const auto function = library().function<result parameters>(#name);  \
    return function != nullptr ? function arguments : failure;                  \
  }
