#pragma once
// Keys from files, for sign and verify.

#include <string>
#include <vector>

#include "artifact/signature.h"

namespace wasmgate::cli {

/// Errors: NotFound, Refused (file); InvalidArgument, Unsupported (key), with the file's name.
Result<artifact::PrivateKey> read_private_key(const std::string& file);
Result<std::vector<artifact::PublicKey>> read_public_keys(const std::string& file);

}  // namespace wasmgate::cli
