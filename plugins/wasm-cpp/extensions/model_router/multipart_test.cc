#include "multipart.h"

#include <gtest/gtest.h>

namespace {

using Result = MultipartScanner::Result;

constexpr std::string_view kBody =
    "preamble\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;name=model\"\r\n"
    "Content-Type: text/plain\r\n\r\n--bx\r\n--b inside\r\n"
    "\r\n--b  \r\ncontent-disposition: form-data; name=model\r\n\r\nqwen/max"
    "\r\n--b\r\n\r\nno head\r\n--b--\r\n";

/// Scans `body` in pieces of `size` bytes.
Result scan(MultipartScanner& scanner, std::string_view body, size_t size) {
  Result result = Result::NeedMore;
  for (size_t end = 0; end < body.size() && result == Result::NeedMore;) {
    end = std::min(end + size, body.size());
    result = scanner.scan(body.substr(scanner.position(), end - scanner.position()));
  }
  return result;
}

TEST(MultipartScanner, FindsTheFieldWhateverThePieces) {
  for (size_t size = 1; size <= kBody.size(); ++size) {
    MultipartScanner scanner("b", "model");
    ASSERT_EQ(scan(scanner, kBody, size), Result::Found) << size;
    EXPECT_EQ(scanner.value(), "qwen/max");
    EXPECT_EQ(kBody.substr(scanner.valueBegin(), 8), "qwen/max");
  }
}

TEST(MultipartScanner, FindsAFieldAtTheVeryStartAndAnEmptyOne) {
  MultipartScanner first("b", "model");
  EXPECT_EQ(first.scan("--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nx\r\n--b--"),
            Result::Found);
  EXPECT_EQ(first.value(), "x");
  MultipartScanner empty("b", "model");
  EXPECT_EQ(empty.scan("--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n\r\n--b--"),
            Result::Found);
  EXPECT_EQ(empty.value(), "");
}

TEST(MultipartScanner, FinishesWithoutTheField) {
  MultipartScanner scanner("b", "other");
  EXPECT_EQ(scan(scanner, kBody, 7), Result::Finished);
}

TEST(MultipartScanner, WaitsForTheEndOfTheField) {
  MultipartScanner scanner("b", "model");
  EXPECT_EQ(scanner.scan("--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nx\r\n--"),
            Result::NeedMore);
}

TEST(MultipartScanner, DoesNotKeepASkippedPart) {
  MultipartScanner scanner("b", "model");
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n" + std::string(100000, 'x');
  EXPECT_EQ(scanner.scan(body), Result::NeedMore);
  EXPECT_GT(scanner.position(), 99990U);
}

TEST(MultipartScanner, GivesUpOnLargeHeadsAndValues) {
  MultipartScanner head("b", "model");
  EXPECT_EQ(head.scan("--b\r\n" + std::string(MultipartScanner::kHeadLimitBytes + 10, 'h')),
            Result::Finished);
  MultipartScanner value("b", "model");
  EXPECT_EQ(value.scan("--b\r\nContent-Disposition: form-data; name=model\r\n\r\n" +
                       std::string(MultipartScanner::kValueLimitBytes + 1, 'v')),
            Result::Finished);
}

TEST(MultipartBoundary, IsTakenFromTheContentType) {
  EXPECT_EQ(multipartBoundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(multipartBoundary("Multipart/Form-Data; charset=x; Boundary=\"a b;c\""), "a b;c");
  for (const char* type :
       {"multipart/form-data", "multipart/mixed; boundary=a",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\""}) {
    EXPECT_FALSE(multipartBoundary(type)) << type;
  }
  EXPECT_TRUE(multipartBoundary("multipart/form-data; boundary=" + std::string(70, 'a')));
  EXPECT_FALSE(multipartBoundary("multipart/form-data; boundary=" + std::string(71, 'a')));
}

}  // namespace
