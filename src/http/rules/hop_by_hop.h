#pragma once
// What `Connection` says and which fields it takes along (RFC 9110 §7.6.1; rules 42 and 43). The
// fields that are hop by hop by themselves are listed in field_names.h; the head readers drop them
// while reading.

#include <string_view>

#include "http/codec/refusal.h"
#include "http/message/header_map.h"

namespace wasmgate::http {

/// What the `Connection` lines of one message ask for, gathered line by line.
struct ConnectionOptions {
  bool close = false;
  bool keep_alive = false;
  bool names_fields = false;  // at least one option may name a field of the message
};

/// Reads one `Connection` value into `options`.
/// Returns a refusal (rule 42) when an option is not a token or names a protected field, such as
/// host or authorization.
Refusal read_connection_options(std::string_view value, ConnectionOptions& options);

/// Removes from `headers` the fields that `value`, one `Connection` line that passed
/// read_connection_options, names.
void remove_named_fields(HeaderMap& headers, std::string_view value);

}  // namespace wasmgate::http
