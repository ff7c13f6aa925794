#pragma once
// Compiled modules as sealed bytes. Machine code is only ever taken from ourselves: the compiling
// child process writes a sealed image, the cache on disk keeps it, and both are opened by the same
// key.
//
// How the server drives it: the compiler thread starts `wasmgate compile-module` (a hidden verb)
// with CPU and address-space limits, the module's bytes on its standard input and the key's file
// name as argument; the child calls compile_to_image() and writes the result to its standard
// output; the parent calls open_image() and Engine::deserialize(), and keeps the image as <sha256
// of the module>-<cache_key>.img. A child that dies, or an image that does not open, is a refused
// plug-in.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "wasm/engine/engine.h"

namespace wasmgate::wasm {

/// 32 random bytes that seal images: kept in a file of mode 0600 beside the cache.
using SealKey = std::array<uint8_t, 32>;

SealKey make_seal_key(RandomSource& random);

/// Compiles `wasm` to an image sealed under `key`. Errors: those of Engine::compile.
Result<std::string> compile_to_image(Engine& engine, std::string_view wasm, const SealKey& key);

/// The serialised module inside `image`, as a view into it. Errors: Corrupt when the seal, the
/// format or the engine's compatibility key does not match (then compile again).
Result<std::string_view> open_image(std::string_view image, const Engine& engine,
                                    const SealKey& key);

/// Short name of everything that an image depends on besides the module: 16 hexadecimal digits, for
/// file names.
std::string cache_key(const Engine& engine);

}  // namespace wasmgate::wasm
