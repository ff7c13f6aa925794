#include "proxy/request_id.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

namespace wasmgate::proxy {
namespace {

TEST(RequestIds, AreDistinctVersionFourUuids) {
  SystemRandom random;
  RequestIds ids(random);
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id(ids.next());
    EXPECT_TRUE(std::regex_match(id, form)) << id;
    EXPECT_TRUE(seen.insert(id).second);
  }
}

}  // namespace
}  // namespace wasmgate::proxy
