#include "oci/docker_archive.h"

#include <gtest/gtest.h>

#include "oci/image_layout.h"
#include "oci/tar_writer.h"

namespace wasmgate::oci {
namespace {

using Files = std::map<std::string, std::string>;

constexpr size_t kLimit = 1 << 20;

Files archive(const std::string& manifest) {
  return {{"manifest.json", manifest},
          {"c.json", R"({"architecture":"amd64"})"},
          {"one/layer.tar", "first layer"},
          {"two.tar", std::string("\x1f\x8b", 2) + "packed"}};
}

const std::string kGood =
    R"([{"Config":"c.json","RepoTags":["host/team/x:1"],"Layers":["one/layer.tar","two.tar"]}])";

TEST(ReadDockerArchive, GivesALayoutWithTheImageUnderItsTag) {
  const auto layout = read_docker_archive(write_tar(archive(kGood)), kLimit);
  ASSERT_TRUE(layout) << layout.error().detail;
  EXPECT_TRUE(check_layout_marker(layout->at("oci-layout")));
  const auto image = layout_find(layout->at("index.json"), "host/team/x:1");
  ASSERT_TRUE(image) << image.error().detail;
  const std::string& text = layout->at(layout_blob_path(image->digest));
  const auto document = read_document(text, "");
  ASSERT_TRUE(document) << document.error().detail;
  const auto& manifest = std::get<Manifest>(*document);
  ASSERT_EQ(manifest.layers.size(), 2U);
  EXPECT_EQ(manifest.layers[0].media_type, "application/vnd.oci.image.layer.v1.tar");
  EXPECT_EQ(manifest.layers[1].media_type, "application/vnd.oci.image.layer.v1.tar+gzip");
  EXPECT_EQ(layout->at(layout_blob_path(manifest.layers[0].digest)), "first layer");
  EXPECT_EQ(layout->at(layout_blob_path(manifest.config.digest)), R"({"architecture":"amd64"})");
}

TEST(ReadDockerArchive, IsReadWhereAnImageLayoutIs) {
  EXPECT_TRUE(read_layout_archive(write_tar(archive(kGood))));
}

TEST(ReadDockerArchive, RefusesWhatItCannotRead) {
  for (const char* manifest :
       {"", "{}", "[]", "[1]", R"([{"Config":"c.json"}])", R"([{"Config":"c.json","Layers":[1]}])",
        R"([{"Config":"none","Layers":[]}])", R"([{"Config":"c.json","Layers":["none"]}])",
        R"([{"Config":"../c.json","Layers":[]}])"}) {
    const auto layout = read_docker_archive(write_tar(archive(manifest)), kLimit);
    ASSERT_FALSE(layout) << manifest;
    EXPECT_EQ(layout.error().code, ErrorCode::Protocol) << manifest;
  }
}

TEST(ReadDockerArchive, KeepsTheLimitOverAllFiles) {
  const auto layout = read_docker_archive(write_tar(archive(kGood)), 40);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, ErrorCode::LimitExceeded);
}

TEST(ReadDockerArchive, SaysWhatIsMissing) {
  const auto layout = read_docker_archive(write_tar({{"a", "b"}}), kLimit);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace wasmgate::oci
