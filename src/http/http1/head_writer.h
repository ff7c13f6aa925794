#pragma once
// Writes heads, chunks and trailers of HTTP/1 as one contiguous append. The last guard of the wire:
// a field whose name is no token or whose value has a control byte is left out, whoever put it
// there (head_checks.h tells the proxy before it comes to that).

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/buffer.h"
#include "http/message/header_map.h"

namespace wasmgate::http {

/// How the body that follows a head is framed on the wire; never both.
struct WireFraming {
  std::optional<uint64_t> content_length;
  bool chunked = false;
};

/// What stands in the `connection` field.
enum class ConnectionField : uint8_t { None, Close, KeepAlive };

/// Writes a status line and the fields of `headers` without pseudo-headers, hop-by-hop fields and
/// framing, then the framing given.
void write_response_head(const HeaderMap& headers, int status, const WireFraming& framing,
                         ConnectionField connection, Buffer& out);

/// Writes a request line in origin form from the pseudo-headers, Host from ":authority", the fields
/// as above, then the framing.
void write_request_head(const HeaderMap& headers, const WireFraming& framing, Buffer& out);

/// Writes a 1xx head without fields.
void write_interim_head(int status, Buffer& out);

/// Writes one chunk; nothing for empty data.
void write_chunk(std::string_view data, Buffer& out);

/// Writes the last chunk and the trailer section; `trailers` may be empty. Fields that trailers may
/// not have are left out.
void write_last_chunk(const HeaderMap* trailers, Buffer& out);

}  // namespace wasmgate::http
