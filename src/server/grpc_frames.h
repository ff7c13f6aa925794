#pragma once
// gRPC on top of HTTP/2 messages: the five-byte frame around each message, the mapping of statuses,
// and the escapes of grpc-message
// ("gRPC over HTTP2" of the gRPC project). Bytes only.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/message/header_map.h"

namespace wasmgate::server {

/// The statuses the host itself gives.
inline constexpr uint32_t kGrpcUnknown = 2;
inline constexpr uint32_t kGrpcDeadlineExceeded = 4;
inline constexpr uint32_t kGrpcResourceExhausted = 8;
inline constexpr uint32_t kGrpcInternal = 13;
inline constexpr uint32_t kGrpcUnavailable = 14;

/// A message as it goes over the wire: 0, length as four bytes big-endian, message.
std::string grpc_frame(std::string_view message);

/// Takes a body in any pieces and gives whole messages.
class GrpcFrameReader {
 public:
  enum class Outcome : uint8_t { NeedMore, Message, Compressed, TooLarge };

  /// `limit_bytes`: of one message.
  explicit GrpcFrameReader(size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  /// The next whole message; call until NeedMore. Compressed: a frame with the compressed flag,
  /// which nobody asked for. After Compressed and TooLarge nothing more can be read.
  Outcome next(std::string& message);
  /// True when the body ended inside a message.
  bool cut() const { return !buffer_.empty(); }

 private:
  size_t limit_bytes_;
  std::string buffer_;
};

/// grpc-status of a response's head or trailers. A number above 16 or no number is Unknown; empty
/// when there is none.
std::optional<uint32_t> grpc_status_of(const http::HeaderMap& map);
/// grpc-message with its percent escapes undone; bad escapes stay as they are.
std::string grpc_message_of(const http::HeaderMap& map);
/// What a response without grpc-status means by its HTTP status.
uint32_t grpc_status_of_http(int status);

}  // namespace wasmgate::server
