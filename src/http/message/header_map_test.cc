#include "http/message/header_map.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace wasmgate::http {
namespace {

std::string names(const HeaderMap& map) {
  std::string out;
  for (const HeaderField& f : map.fields()) {
    out.append(f.name).append(" ");
  }
  return out;
}

TEST(HeaderMap, KeepsOrderAndLowersNames) {
  HeaderMap map;
  map.add("X-One", "1");
  map.add("Two", "2");
  EXPECT_EQ(names(map), "x-one two ");
  EXPECT_EQ(map.get("x-ONE"), "1");
}

TEST(HeaderMap, SetReplacesAllAtTheFirstPlace) {
  HeaderMap map;
  map.add("a", "1");
  map.add("b", "2");
  map.add("a", "3");
  map.set("A", "4");
  EXPECT_EQ(names(map), "a b ");
  EXPECT_EQ(map.get("a"), "4");
}

TEST(HeaderMap, NewPseudoHeadersGoBeforeFields) {
  HeaderMap map;
  map.add(":method", "GET");
  map.add("a", "1");
  map.set(":path", "/");
  EXPECT_EQ(names(map), ":method :path a ");
}

TEST(HeaderMap, JoinsRepeatedValues) {
  HeaderMap map;
  std::string scratch;
  map.add("x", "1");
  EXPECT_EQ(map.get_joined("x", scratch), "1");
  map.add("x", "2");
  map.add("cookie", "a=1");
  map.add("cookie", "b=2");
  map.add("set-cookie", "c=3");
  map.add("set-cookie", "d=4");
  EXPECT_EQ(map.get_joined("x", scratch), "1,2");
  EXPECT_EQ(map.get_joined("cookie", scratch), "a=1; b=2");
  EXPECT_EQ(map.get_joined("set-cookie", scratch), "c=3");
  EXPECT_EQ(map.get_joined("y", scratch), std::nullopt);
}

TEST(HeaderMap, RemovesEveryFieldOfAName) {
  HeaderMap map;
  map.add("a", "1");
  map.add("A", "2");
  EXPECT_EQ(map.remove("a"), 2U);
  EXPECT_TRUE(map.empty());
}

TEST(HeaderMap, IsUsableAfterAMove) {
  HeaderMap map;
  map.add("a", "1");
  HeaderMap other = std::move(map);
  map.add("b", "2");
  EXPECT_EQ(names(map), "b ");
  EXPECT_EQ(map.get("b"), "2");
  EXPECT_EQ(other.get("a"), "1");
}

TEST(HeaderMap, TakesStoredViewsAndReplacesThem) {
  HeaderMap map;
  map.add_stored("a", map.store("1"));
  map.add("b", "2");
  map.replace_stored(0, map.store("3"));
  EXPECT_EQ(map.get("a"), "3");
  EXPECT_EQ(map.remove_if([](const HeaderField& f) { return f.value == "2"; }), 1U);
  EXPECT_EQ(names(map), "a ");
}

TEST(HeaderMap, CountsItsBytesThroughEveryChange) {
  const auto counted = [](const HeaderMap& map) {
    size_t sum = 0;
    for (const HeaderField& field : map.fields()) {
      sum += field.name.size() + field.value.size();
    }
    return sum;
  };
  const std::array<std::string_view, 5> names{":path", "a", "bb", "ccc", "set-cookie"};
  HeaderMap map;
  std::mt19937 random(7);  // NOLINT: the same every time
  for (int i = 0; i < 5000; ++i) {
    const std::string_view name = names[random() % names.size()];
    const std::string value(random() % 9, 'v');
    switch (random() % 9) {
      case 0:
      case 1:
        map.add(name, value);
        break;
      case 2:
      case 3:
        map.set(name, value);
        break;
      case 4:
        map.remove(name);
        break;
      case 5:
        map.add_static("static", "text");
        break;
      case 6:
        if (!map.empty()) {
          map.replace_stored(random() % map.size(), map.store(value));
        }
        break;
      case 7:
        map.remove_if([&](const HeaderField& field) { return field.value.size() == value.size(); });
        break;
      default:
        HeaderMap other;
        other.assign(map);
        map = std::move(other);
        ASSERT_EQ(other.byte_size(), 0U);  // NOLINT: a moved-from map is empty and usable
    }
    ASSERT_EQ(map.byte_size(), counted(map)) << "step " << i;
  }
  map.clear();
  EXPECT_EQ(map.byte_size(), 0U);
}

TEST(StatusOf, WantsThreeDigits) {
  HeaderMap map;
  EXPECT_EQ(status_of(map), 0);
  set_status(map, 204);
  EXPECT_EQ(status_of(map), 204);
  map.set(kStatus, "20x");
  EXPECT_EQ(status_of(map), 0);
}

TEST(ContentLengthOf, TakesWholeNumbersUpToTheLargestSignedOne) {
  const auto of = [](std::string_view text) {
    HeaderMap map;
    map.add(kContentLength, text);
    return content_length_of(map);
  };
  EXPECT_EQ(of("0"), 0U);
  EXPECT_EQ(of("9223372036854775807"), 9223372036854775807U);
  for (const std::string_view text : {"", "9223372036854775808", "92233720368547758070",
                                      "18446744073709551616", "+1", "-1", "1a", "1 "}) {
    EXPECT_EQ(of(text), std::nullopt) << text;
  }
}

TEST(ContentLengthOf, WantsOnePlainNumber) {
  HeaderMap map;
  EXPECT_EQ(content_length_of(map), std::nullopt);
  map.add("content-length", "12");
  EXPECT_EQ(content_length_of(map), 12U);
  map.add("content-length", "12");
  EXPECT_EQ(content_length_of(map), std::nullopt);
  map.set("content-length", "+12");
  EXPECT_EQ(content_length_of(map), std::nullopt);
}

}  // namespace
}  // namespace wasmgate::http
