// Finds one field of a multipart/form-data body (RFC 7578, RFC 2046 §5.1) as the body arrives.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// The boundary parameter of a multipart/form-data content-type, without quotes. Nothing for
/// another type, or when the boundary is missing or not 1 to 70 characters long.
std::optional<std::string> multipartBoundary(std::string_view content_type);

class MultipartScanner {
 public:
  enum class Result { NeedMore, Found, Finished };

  static constexpr size_t kHeadLimitBytes = 16 * 1024;   // of one part's headers
  static constexpr size_t kValueLimitBytes = 64 * 1024;  // of the field looked for

  MultipartScanner(std::string_view boundary, std::string field);

  /// Where in the body the next piece to scan begins: nothing before it is needed any more.
  size_t position() const { return position_; }
  /// Scans `data`, the body from `position()` on as far as it has arrived. Found: the field is
  /// complete. Finished: the body does not have it, or is not well-formed.
  Result scan(std::string_view data);

  /// The field's value, and where it stands in the body. After Found.
  const std::string& value() const { return value_; }
  size_t valueBegin() const { return value_begin_; }

 private:
  enum class State { Preamble, AfterDelimiter, Head, SkippedBody, WantedBody, Done };

  // Each looks at the bytes left in data_; false: more are needed, or everything is done.
  bool step();
  bool passPreamble();
  bool passDelimiterEnd();
  bool passHead();
  bool passSkippedBody();
  bool takeWantedBody();
  bool finish(Result result);
  void advance(size_t count);

  const std::string delimiter_;  // CRLF, two dashes, boundary
  const std::string field_;
  State state_ = State::Preamble;
  Result result_ = Result::NeedMore;
  std::string_view data_;
  size_t position_ = 0;
  std::string value_;
  size_t value_begin_ = 0;
};
