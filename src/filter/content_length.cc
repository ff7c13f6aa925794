#include "filter/content_length.h"

#include <string>

namespace wasmgate::filter {

bool ContentLength::head(http::HeaderMap& headers, bool end_stream) {
  if (bodiless_) {
    head_left_ = true;
    return true;
  }
  if (!watch_ && !edited_ && filters_) {
    restore(headers);
  }
  const bool repair = watch_ && (announced_ || headers.contains(http::kContentLength));
  if (!repair) {
    head_left_ = true;
    return true;
  }
  if (end_stream) {
    release_head(headers, 0, true);
    return true;
  }
  waiting_ = true;
  return false;
}

/// Nobody looks at the body: a length in the head is the one it came with. A filter may have taken
/// it away.
void ContentLength::restore(http::HeaderMap& headers) const {
  if (!announced_) {
    headers.remove(http::kContentLength);
    return;
  }
  const auto now = http::content_length_of(headers);
  if (now != announced_ && headers.contains(http::kContentLength)) {
    headers.set(http::kContentLength, std::to_string(*announced_));
  }
}

void ContentLength::release_head(http::HeaderMap& headers, size_t size, bool end_stream) {
  waiting_ = false;
  head_left_ = true;
  if (end_stream) {
    // A request without a body may leave without a length; one that had a length gets the true one.
    headers.set(http::kContentLength, std::to_string(size));
  } else if (edited_ || !headers.contains(http::kContentLength)) {
    headers.remove(http::kContentLength);
    return;
  }
  expected_ = http::content_length_of(headers);
  if (!expected_) {
    headers.remove(http::kContentLength);
  }
}

bool ContentLength::data(size_t size, bool end_stream) {
  sent_ += size;
  if (!expected_) {
    return true;
  }
  return sent_ <= *expected_ && (!end_stream || sent_ == *expected_);
}

}  // namespace wasmgate::filter
