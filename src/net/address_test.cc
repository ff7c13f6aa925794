#include "net/address.h"

#include <gtest/gtest.h>

namespace wasmgate::net {
namespace {

TEST(Address, WritesWhatItParsed) {
  EXPECT_EQ(Address::parse("127.0.0.1", 80)->to_string(), "127.0.0.1:80");
  EXPECT_EQ(Address::parse("::1", 443)->to_string(), "[::1]:443");
  EXPECT_EQ(Address::parse("2001:db8:0:0::1", 1)->ip(), "2001:db8::1");
  EXPECT_EQ(Address::parse("10.0.0.1", 8080)->port(), 8080);
}

TEST(Address, KeepsAZone) {
  EXPECT_EQ(Address::parse("fe80::1%2", 80)->to_string(), "[fe80::1%2]:80");
  EXPECT_TRUE(Address::parse("fe80::1%lo", 80).has_value());
  EXPECT_FALSE(Address::parse("fe80::1%", 80).has_value());
  EXPECT_FALSE(Address::parse("fe80::1%no-such-device", 80).has_value());
  EXPECT_FALSE(Address::parse("127.0.0.1%lo", 80).has_value());
}

TEST(Address, RefusesWhatIsNotALiteral) {
  using namespace std::string_view_literals;
  for (const auto text : {""sv, "localhost"sv, "1.2.3"sv, "1.2.3.4.5"sv, "256.1.1.1"sv, "[::1]"sv,
                          ":::"sv, "127.0.0.1\0x"sv, " 127.0.0.1"sv}) {
    EXPECT_FALSE(Address::parse(text, 80).has_value()) << text;
  }
}

TEST(Address, ParsesWithPort) {
  EXPECT_EQ(Address::parse_with_port("127.0.0.1:0")->to_string(), "127.0.0.1:0");
  EXPECT_EQ(Address::parse_with_port("[::1]:65535")->to_string(), "[::1]:65535");
  for (const auto* text :
       {"127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80", "[127.0.0.1]:80"}) {
    EXPECT_FALSE(Address::parse_with_port(text).has_value()) << text;
  }
}

TEST(Address, ComparesAddressPortAndZone) {
  EXPECT_EQ(*Address::parse("::1", 80), *Address::parse("0:0::1", 80));
  EXPECT_FALSE(*Address::parse("::1", 80) == *Address::parse("::1", 81));
  EXPECT_FALSE(*Address::parse("fe80::1%1", 80) == *Address::parse("fe80::1%2", 80));
  EXPECT_FALSE(*Address::parse("127.0.0.1", 80) == *Address::parse("::1", 80));
}

}  // namespace
}  // namespace wasmgate::net
