#include "server/grpc_frames.h"

#include <charconv>

namespace wasmgate::server {
namespace {

constexpr size_t kFrameHead = 5;
constexpr uint32_t kLastStatus = 16;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string grpc_frame(std::string_view message) {
  std::string out(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(message.size() >> shift));
  }
  return out.append(message);
}

GrpcFrameReader::Outcome GrpcFrameReader::next(std::string& message) {
  if (buffer_.size() < kFrameHead) {
    return Outcome::NeedMore;
  }
  size_t length = 0;
  for (size_t i = 1; i < kFrameHead; ++i) {
    length = length << 8 | static_cast<uint8_t>(buffer_[i]);
  }
  if (buffer_[0] != 0) {
    return Outcome::Compressed;
  }
  if (length > limit_bytes_) {
    return Outcome::TooLarge;
  }
  if (buffer_.size() < kFrameHead + length) {
    return Outcome::NeedMore;
  }
  message.assign(buffer_, kFrameHead, length);
  buffer_.erase(0, kFrameHead + length);
  return Outcome::Message;
}

std::optional<uint32_t> grpc_status_of(const http::HeaderMap& map) {
  const auto text = map.get("grpc-status");
  if (!text) {
    return std::nullopt;
  }
  uint32_t status = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), status);
  const bool number = error == std::errc() && end == text->data() + text->size();
  return number && status <= kLastStatus ? status : kGrpcUnknown;
}

std::string grpc_message_of(const http::HeaderMap& map) {
  const std::string_view text = map.get("grpc-message").value_or("");
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

uint32_t grpc_status_of_http(int status) {
  switch (status) {
    case 400:
      return kGrpcInternal;
    case 401:
      return 16;  // Unauthenticated
    case 403:
      return 7;  // PermissionDenied
    case 404:
      return 12;  // Unimplemented
    case 429:
    case 502:
    case 503:
    case 504:
      return kGrpcUnavailable;
    default:
      return kGrpcUnknown;
  }
}

}  // namespace wasmgate::server
