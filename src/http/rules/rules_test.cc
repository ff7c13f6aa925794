// The small rules: framing fields, Connection, forwarded fields, folding names.

#include <gtest/gtest.h>

#include "http/rules/body_framing.h"
#include "http/rules/field_names.h"
#include "http/rules/folding_names.h"
#include "http/rules/forwarded.h"
#include "http/rules/hop_by_hop.h"

namespace wasmgate::http {
namespace {

std::string text_of(const HeaderMap& headers) {
  std::string out;
  for (const HeaderField& field : headers.fields()) {
    out.append(field.name).append("=").append(field.value).append(" ");
  }
  return out;
}

TEST(ReadContentLength, GivesTheCanonicalDigits) {
  const ContentLength length = read_content_length("0012");
  EXPECT_EQ(length.bytes, 12U);
  EXPECT_EQ(length.canonical, "12");
  EXPECT_EQ(read_content_length("000").canonical, "0");
}

TEST(ReadContentLength, StopsAtTheLargestSignedNumber) {
  EXPECT_EQ(read_content_length("9223372036854775807").bytes, kLargestLength);
  EXPECT_EQ(read_content_length("9223372036854775808").refusal.rule, 23);
  EXPECT_EQ(read_content_length("9999999999999999999").refusal.rule, 23);
}

TEST(CheckFraming, JudgesFieldsTogether) {
  EXPECT_FALSE(check_framing({.content_length_count = 1}));
  EXPECT_FALSE(check_framing({.transfer_encoding_count = 1}));
  EXPECT_EQ(check_framing({.content_length_count = 2}).rule, 25);
  EXPECT_EQ(check_framing({.content_length_count = 1, .transfer_encoding_count = 1}).rule, 27);
  EXPECT_EQ(check_framing({.transfer_encoding_count = 2}).rule, 28);
  EXPECT_EQ(check_framing({.transfer_encoding_count = 1, .http10 = true}).rule, 30);
}

TEST(ReadConnectionOptions, TellsCloseAndNames) {
  ConnectionOptions options;
  EXPECT_FALSE(read_connection_options("Close, ,x-a", options));
  EXPECT_TRUE(options.close);
  EXPECT_TRUE(options.names_fields);
  EXPECT_FALSE(options.keep_alive);
}

TEST(ReadConnectionOptions, AllowsHopByHopNamesAndLongOnes) {
  ConnectionOptions options;
  EXPECT_FALSE(
      read_connection_options("te, upgrade, http2-settings, keep-alive, trailer", options));
  EXPECT_FALSE(read_connection_options(std::string(200, 'a'), options));
  EXPECT_EQ(read_connection_options("X-Request-Id", options).rule, 42);
}

TEST(ApplyForwarded, ReplacesWhatTheClientSaid) {
  HeaderMap headers;
  headers.add(kMethod, "GET");
  headers.add("x-forwarded-for", "6.6.6.6");
  headers.add("X-Forwarded-Host", "evil");
  headers.add("x-forwarded-for", "7.7.7.7");
  headers.add("forwarded", "for=6.6.6.6");
  headers.add("x-envoy-internal", "true");
  headers.add("x-mine", "1");
  apply_forwarded(headers, "10.0.0.1", "https");
  EXPECT_EQ(text_of(headers),
            ":method=GET x-mine=1 x-forwarded-for=10.0.0.1 x-forwarded-proto=https ");
}

TEST(FoldingNames, RefusesOrDrops) {
  HeaderMap headers;
  headers.add("x-user", "a");
  headers.add("x_user", "b");
  headers.add("x_other", "c");
  EXPECT_EQ(check_folding_names(headers, false).rule, 22);
  EXPECT_FALSE(check_folding_names(headers, true));
  EXPECT_EQ(text_of(headers), "x-user=a x_other=c ");
}

TEST(FieldNames, KnowWhatTheyMean) {
  EXPECT_TRUE(is_hop_by_hop("te"));
  EXPECT_FALSE(is_hop_by_hop("host"));
  EXPECT_TRUE(is_framing_name("host"));
  EXPECT_TRUE(is_forwarding_name("x-forwarded-anything"));
  EXPECT_TRUE(is_identity_name("x-auth-user"));
  EXPECT_FALSE(is_protected_name("x-request"));
  EXPECT_TRUE(is_forbidden_trailer("content-type"));
  EXPECT_FALSE(is_forbidden_trailer("grpc-status"));
}

}  // namespace
}  // namespace wasmgate::http
