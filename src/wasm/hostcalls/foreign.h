#pragma once
// Foreign functions that need a library: zlib and OpenSSL. Arguments and results as ABI 3.4 and
// decision 18 give them.

#include <string>
#include <string_view>

#include "wasm/hostcalls/host_call.h"

namespace wasmgate::wasm::foreign {

/// zlib format. SerializationFailure: bad input, or a result above the limit
/// `foreign_result_bytes`.
Status compress(HostCall& call, std::string_view arguments, std::string& out);
Status uncompress(HostCall& call, std::string_view arguments, std::string& out);

/// hash_function 1, public_key 2 (DER), signature 3, text 4, public_key_pem 5 → result 1 (bool),
/// error 2. BadArgument: no such message, both keys, or neither.
Status verify_signature(HostCall& call, std::string_view arguments, std::string& out);

/// hash_function 1, private_key 2 (DER), text 3, private_key_pem 4 → result 1, signature 2,
/// error 3.
Status sign(HostCall& call, std::string_view arguments, std::string& out);

}  // namespace wasmgate::wasm::foreign
