#include "http/rules/head_checks.h"

#include <gtest/gtest.h>

namespace wasmgate::http {
namespace {

HeaderMap request() {
  HeaderMap headers;
  headers.add(kMethod, "GET");
  headers.add(kPath, "/a");
  headers.add(kAuthority, "host");
  headers.add(kScheme, "http");
  headers.add("x", "y");
  return headers;
}

TEST(RequestHeadCheck, AcceptsACleanHead) {
  HeaderMap headers = request();
  EXPECT_FALSE(check_request_head_for_encoding(headers));
}

TEST(RequestHeadCheck, WantsEachPseudoHeaderOnce) {
  for (const std::string_view name : {kMethod, kPath, kAuthority}) {
    HeaderMap headers = request();
    headers.remove(name);
    EXPECT_EQ(check_request_head_for_encoding(headers).status, 400) << name;
    headers.add(name, "/");
    headers.add(name, "/");
    EXPECT_EQ(check_request_head_for_encoding(headers).status, 400) << name;
  }
  HeaderMap headers = request();
  headers.set(":protocol", "websocket");
  EXPECT_EQ(check_request_head_for_encoding(headers).status, 400);
}

TEST(RequestHeadCheck, JudgesThePathAgainAndNormalisesIt) {
  HeaderMap headers = request();
  headers.set(kPath, "/x/../%61//b?q");
  EXPECT_FALSE(check_request_head_for_encoding(headers));
  EXPECT_EQ(headers.get(kPath), "/a/b?q");
  for (const auto& [path, rule] : {std::pair{"a", 8},
                                   {"*", 8},
                                   {"/a b", 10},
                                   {"/a\r\nX: y", 10},
                                   {"/%00", 11},
                                   {"/a%2fb", 12},
                                   {"", 8}}) {
    headers.set(kPath, path);
    const Refusal refusal = check_request_head_for_encoding(headers);
    EXPECT_EQ(refusal.status, 400) << path;
    EXPECT_EQ(refusal.rule, rule) << path;
  }
}

TEST(RequestHeadCheck, LeavesTheAsteriskOfOptions) {
  HeaderMap headers = request();
  headers.set(kMethod, "OPTIONS");
  headers.set(kPath, "*");
  EXPECT_FALSE(check_request_head_for_encoding(headers));
  EXPECT_EQ(headers.get(kPath), "*");
}

TEST(RequestHeadCheck, RefusesMethodsSchemesAndAuthorities) {
  for (const auto& [name, value] : {std::pair{kMethod, "GE T"},
                                    {kMethod, "CONNECT"},
                                    {kMethod, "TRACE"},
                                    {kMethod, "PRI"},
                                    {kMethod, ""},
                                    {kScheme, "ftp"},
                                    {kAuthority, ""},
                                    {kAuthority, "u@h"},
                                    {kAuthority, "a,b"}}) {
    HeaderMap headers = request();
    headers.set(name, value);
    EXPECT_EQ(check_request_head_for_encoding(headers).status, 400) << name << " " << value;
  }
}

TEST(RequestHeadCheck, RefusesUncleanFields) {
  for (const auto& [name, value] :
       {std::pair{"bad name", "v"}, {"", "v"}, {"x", "a\r\nb: c"}, {"x", " a"}, {"x", "\x01"}}) {
    HeaderMap headers = request();
    headers.add(name, value);
    EXPECT_EQ(check_request_head_for_encoding(headers).status, 400) << name << "=" << value;
  }
}

TEST(ResponseHeadCheck, WantsOneStatus) {
  HeaderMap headers;
  EXPECT_EQ(check_response_head_for_encoding(headers).status, 502);
  headers.add(kStatus, "200");
  EXPECT_FALSE(check_response_head_for_encoding(headers));
  for (const std::string_view bad : {"99", "100", "600", "2x0", ""}) {
    headers.set(kStatus, bad);
    EXPECT_EQ(check_response_head_for_encoding(headers).status, 502) << bad;
  }
  headers.set(kStatus, "200");
  headers.set(kPath, "/");
  EXPECT_EQ(check_response_head_for_encoding(headers).status, 502);
}

TEST(ResponseHeadCheck, RefusesUncleanFields) {
  HeaderMap headers;
  headers.add(kStatus, "200");
  headers.add("x", "a\nb");
  EXPECT_EQ(check_response_head_for_encoding(headers).status, 502);
}

TEST(TrailersCheck, RefusesForbiddenNames) {
  HeaderMap trailers;
  trailers.add("grpc-status", "0");
  EXPECT_FALSE(check_trailers_for_encoding(trailers));
  trailers.add("content-length", "1");
  EXPECT_EQ(check_trailers_for_encoding(trailers).rule, 34);
  trailers.clear();
  trailers.add(":status", "200");
  EXPECT_TRUE(check_trailers_for_encoding(trailers));
}

}  // namespace
}  // namespace wasmgate::http
