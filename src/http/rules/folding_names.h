#pragma once
// Names that become another field's name in a back end which turns "-", "_" and "." into one byte
// (CGI variables do): rule 22.

#include "http/codec/refusal.h"
#include "http/message/header_map.h"

namespace wasmgate::http {

/// Judges every name of `headers` that has "_" or ".": it is bad when its form with "-" is the name
/// of another field of `headers`, or a framing, forwarding or identity name. `drop`: removes such
/// fields instead of refusing. Call it only when such a name was seen; it costs names × fields.
Refusal check_folding_names(HeaderMap& headers, bool drop);

}  // namespace wasmgate::http
