#include <zlib.h>

#include "wasm/hostcalls/foreign.h"

namespace wasmgate::wasm::foreign {

Status compress(HostCall& call, std::string_view arguments, std::string& out) {
  uLongf size = compressBound(static_cast<uLong>(arguments.size()));
  out.resize(size);
  const int result = ::compress(reinterpret_cast<Bytef*>(out.data()), &size,
                                reinterpret_cast<const Bytef*>(arguments.data()),
                                static_cast<uLong>(arguments.size()));
  if (result != Z_OK || size > call.limits().foreign_result_bytes) {
    return Status::SerializationFailure;
  }
  out.resize(size);
  return Status::Ok;
}

/// In pieces, so that a small input cannot ask for a large buffer before it has earned it.
Status uncompress(HostCall& call, std::string_view arguments, std::string& out) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) {
    return Status::InternalFailure;
  }
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(arguments.data()));
  stream.avail_in = static_cast<uInt>(arguments.size());
  int result = Z_OK;
  while (result == Z_OK && out.size() <= call.limits().foreign_result_bytes) {
    char piece[16 * 1024];
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(piece, sizeof piece - stream.avail_out);
  }
  inflateEnd(&stream);
  return result == Z_STREAM_END && out.size() <= call.limits().foreign_result_bytes
             ? Status::Ok
             : Status::SerializationFailure;
}

}  // namespace wasmgate::wasm::foreign
