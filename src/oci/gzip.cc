#include "oci/gzip.h"

#include <zlib.h>

#include <algorithm>

#include "base/check.h"

namespace wasmgate::oci {
namespace {

constexpr int kGzipWindow = 15 + 16;  // largest window; gzip header and trailer
constexpr size_t kInflateBlock = 64 * 1024;

tl::unexpected<Error> corrupt(const char* what) {
  return fail(ErrorCode::Malformed, std::string("layer: gzip data ") + what, ErrorSource::Upstream);
}

struct Inflater {
  z_stream stream{};
  Inflater() { WASMGATE_CHECK(inflateInit2(&stream, kGzipWindow) == Z_OK); }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

}  // namespace

std::string gzip_pack(std::string_view bytes) {
  z_stream stream{};
  WASMGATE_CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, 9,
                              Z_DEFAULT_STRATEGY) == Z_OK);
  gz_header header{};
  header.os = 255;  // unknown: the same on every system
  WASMGATE_CHECK(deflateSetHeader(&stream, &header) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int end = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  WASMGATE_CHECK(end == Z_STREAM_END);
  return out;
}

Result<std::string> gzip_unpack(std::string_view bytes, size_t limit_bytes) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  char block[kInflateBlock];
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(block);
    stream.avail_out = sizeof block;
    const int result = inflate(&stream, Z_NO_FLUSH);
    out.append(block, sizeof block - stream.avail_out);
    if (out.size() > limit_bytes) {
      return fail(ErrorCode::LimitExceeded,
                  "layer: unpacks to more than " + std::to_string(limit_bytes) + " bytes (" +
                      std::to_string(bytes.size()) + " packed)",
                  ErrorSource::Upstream);
    }
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) {
        return out;
      }
      if (stream.avail_in < 2 || stream.next_in[0] != 0x1F || stream.next_in[1] != 0x8B) {
        return corrupt("is followed by other bytes");
      }
      WASMGATE_CHECK(inflateReset(&stream) == Z_OK);
      continue;
    }
    if (result == Z_BUF_ERROR ||
        (result == Z_OK && stream.avail_in == 0 && stream.avail_out != 0)) {
      return corrupt("is cut short");
    }
    if (result != Z_OK) {
      return corrupt("is damaged");
    }
  }
}

}  // namespace wasmgate::oci
