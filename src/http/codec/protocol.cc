#include "http/codec/server_codec.h"

namespace wasmgate::http {

std::string_view to_string(Protocol protocol) {
  switch (protocol) {
    case Protocol::Http10:
      return "HTTP/1.0";
    case Protocol::Http11:
      return "HTTP/1.1";
    case Protocol::Http2:
      return "HTTP/2";
  }
  return "HTTP/1.1";
}

}  // namespace wasmgate::http
