#include "oci/image_layout.h"

#include <gtest/gtest.h>

#include "oci/tar_writer.h"

namespace wasmgate::oci {
namespace {

const Digest kImage = digest_of("image");
const Digest kSignature = digest_of("signature");

std::string index_of(const std::vector<std::pair<std::string, Digest>>& images) {
  std::string index;
  for (const auto& [name, digest] : images) {
    index = *layout_index_with(index, {"application/vnd.oci.image.manifest.v1+json", digest, 5, {}},
                               name);
  }
  return index;
}

std::string signature_of(const Digest& digest) { return "sha256-" + digest.hex + ".sig"; }

TEST(LayoutFind, TakesTheOnlyImageBesideItsSignature) {
  const std::string index = index_of(
      {{"r.example.com/x:1", kImage}, {"r.example.com/x:" + signature_of(kImage), kSignature}});
  EXPECT_EQ(layout_find(index, "")->digest, kImage);
  EXPECT_EQ(layout_find(index, signature_of(kImage))->digest, kSignature);
}

TEST(LayoutName, IsTheFullOneWhenThereIsOne) {
  const std::string index = index_of({{"r.example.com/x:1", kImage}, {"2", kSignature}});
  EXPECT_EQ(layout_name(*layout_find(index, "1")), "r.example.com/x:1");
  EXPECT_EQ(layout_name(*layout_find(index, "2")), "2");
}

TEST(ReadLayoutArchive, TakesTheLayoutsFilesOnly) {
  const std::string blob = layout_blob_path(kImage);
  const auto files = read_layout_archive(write_tar({{"oci-layout", layout_marker()},
                                                    {"index.json", "{}"},
                                                    {blob, "image"},
                                                    {"manifest.json", "[]"},
                                                    {"blobs/sha256/short", "x"}}));
  ASSERT_TRUE(files) << files.error().detail;
  EXPECT_EQ(files->size(), 3U);
  EXPECT_EQ(files->at(blob), "image");
}

TEST(ReadLayoutArchive, RefusesWhatIsNoLayout) {
  EXPECT_EQ(read_layout_archive(write_tar({{"plugin.wasm", "x"}})).error().code,
            ErrorCode::NotFound);
  EXPECT_EQ(read_layout_archive(std::string(2048, 'x')).error().code, ErrorCode::Malformed);
}

TEST(ReadLayoutArchive, RefusesNamesThatLeadOut) {
  EXPECT_EQ(read_layout_archive(write_tar({{"../oci-layout", "x"}})).error().code,
            ErrorCode::Refused);
  EXPECT_EQ(read_layout_archive(write_tar({{"/oci-layout", "x"}})).error().code,
            ErrorCode::Refused);
}

TEST(ReadLayoutArchive, StopsAtItsLimit) {
  std::map<std::string, std::string> files{{"oci-layout", layout_marker()}};
  for (const char* text : {"a", "b", "c", "d", "e"}) {
    files[layout_blob_path(digest_of(text))] = std::string(kLayoutArchiveBytes / 4, 'x');
  }
  EXPECT_EQ(read_layout_archive(write_tar(files)).error().code, ErrorCode::LimitExceeded);
}

}  // namespace
}  // namespace wasmgate::oci
