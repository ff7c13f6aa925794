#include "base/error.h"

namespace wasmgate {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return "invalid argument";
    case ErrorCode::NotFound:
      return "not found";
    case ErrorCode::AlreadyExists:
      return "already exists";
    case ErrorCode::LimitExceeded:
      return "limit exceeded";
    case ErrorCode::Timeout:
      return "timeout";
    case ErrorCode::Refused:
      return "refused";
    case ErrorCode::Unavailable:
      return "unavailable";
    case ErrorCode::Protocol:
      return "protocol error";
    case ErrorCode::Corrupt:
      return "corrupt";
    case ErrorCode::Malformed:
      return "malformed";
    case ErrorCode::Unverified:
      return "signature not verified";
    case ErrorCode::Unsupported:
      return "unsupported";
    case ErrorCode::Cancelled:
      return "cancelled";
    case ErrorCode::Internal:
      return "internal error";
  }
  return "unknown";
}

std::string_view to_string(ErrorSource source) {
  switch (source) {
    case ErrorSource::Downstream:
      return "downstream";
    case ErrorSource::Upstream:
      return "upstream";
    case ErrorSource::Plugin:
      return "plug-in";
    case ErrorSource::Config:
      return "config";
    case ErrorSource::Internal:
      return "internal";
  }
  return "unknown";
}

}  // namespace wasmgate
