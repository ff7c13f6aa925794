#pragma once
// The exit of one direction: keeps content-length true when filters may change the body.
//
//   head still here, whole body known      → set to the true length
//   head still here, length not known yet  → removed once a filter has edited the body (HTTP/1 goes
//   chunked), else kept and watched head gone, bytes differ from it        → mismatch: the message
//   must be reset, never sent on no filter looks at bodies              → the length it came with
//   stands, whatever a filter wrote into the head
//
// A head that announces a length and passes filters that look at bodies waits here for the first
// piece of its body.

#include <cstdint>
#include <optional>

#include "http/message/header_map.h"

namespace wasmgate::filter {

class ContentLength {
 public:
  /// `watch`: some filter of this direction looks at bodies. `filters`: there are any, who may have
  /// written the head.
  void start(bool watch, bool filters) {
    watch_ = watch;
    filters_ = filters;
  }

  /// A message begins. `announced`: the content-length it came with. `bodiless`: a response to
  /// HEAD, 204, 304: never touched.
  void message(std::optional<uint64_t> announced, bool bodiless) {
    announced_ = announced;
    bodiless_ = bodiless;
    head_left_ = waiting_ = edited_ = false;
    expected_.reset();
    sent_ = 0;
  }

  void body_edited() { edited_ = true; }

  /// The head reaches the exit. True: it may leave now; false: it waits for the first piece.
  bool head(http::HeaderMap& headers, bool end_stream);

  /// True while a head waits here.
  bool waiting() const { return waiting_; }

  /// A head that waited leaves together with `size` bytes, the last ones when `end_stream`.
  void release_head(http::HeaderMap& headers, size_t size, bool end_stream);

  /// Counts bytes that leave. False: they do not fit the announced length.
  bool data(size_t size, bool end_stream);

  bool head_left() const { return head_left_; }

 private:
  void restore(http::HeaderMap& headers) const;

  bool watch_ = false;
  bool filters_ = false;
  std::optional<uint64_t> announced_;
  bool bodiless_ = false;
  bool head_left_ = false;
  bool waiting_ = false;
  bool edited_ = false;
  std::optional<uint64_t> expected_;
  uint64_t sent_ = 0;
};

}  // namespace wasmgate::filter
