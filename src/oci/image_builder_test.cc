#include "oci/image_builder.h"

#include <gtest/gtest.h>

#include "oci/gzip.h"
#include "oci/image_layout.h"
#include "oci/json.h"
#include "oci/layer_reader.h"
#include "oci/media_types.h"

namespace wasmgate::oci {
namespace {

const std::string kModule("\0asm\1\0\0\0rest", 12);

ImageInput input(Layout layout) {
  ImageInput out;
  out.layout = layout;
  out.module = kModule;
  return out;
}

const Blob& blob_of(const Image& image, const Digest& digest) {
  for (const Blob& blob : image.blobs) {
    if (blob.descriptor.digest == digest) {
      return blob;
    }
  }
  ADD_FAILURE() << "no blob " << digest.to_string();
  return image.blobs.front();
}

// Reads the image back by our own reader; returns the module.
std::string module_of(const Image& image) {
  const auto document = read_document(image.manifest, image.manifest_descriptor.media_type);
  EXPECT_TRUE(document.has_value()) << document.error().detail;
  const auto layers = choose_layers(std::get<Manifest>(*document));
  EXPECT_TRUE(layers.has_value());
  if (layers->module != nullptr) {
    return blob_of(image, layers->module->digest).bytes;
  }
  const auto files = read_layer(blob_of(image, layers->tars.front()->digest).bytes, LayerLimits{});
  EXPECT_TRUE(files.has_value()) << files.error().detail;
  return files->module.value_or("");
}

class EveryLayout : public testing::TestWithParam<Layout> {};
INSTANTIATE_TEST_SUITE_P(ImageBuilder, EveryLayout,
                         testing::Values(Layout::Compat, Layout::Oci, Layout::Cncf));

TEST_P(EveryLayout, ReadsBackTheModule) {
  const auto image = build_image(input(GetParam()));
  ASSERT_TRUE(image.has_value());
  EXPECT_EQ(module_of(*image), kModule);
}

TEST_P(EveryLayout, GivesTheSameBytesTwice) {
  EXPECT_EQ(build_image(input(GetParam()))->manifest, build_image(input(GetParam()))->manifest);
}

TEST_P(EveryLayout, DescribesEveryBlobTruly) {
  const auto image = build_image(input(GetParam()));
  for (const Blob& blob : image->blobs) {
    EXPECT_EQ(blob.descriptor.digest, digest_of(blob.bytes));
    EXPECT_EQ(blob.descriptor.size, blob.bytes.size());
  }
  EXPECT_EQ(image->manifest_descriptor.digest, digest_of(image->manifest));
}

TEST(ImageBuilder, PutsTheTarLayerLastAfterItsCompanions) {
  ImageInput with = input(Layout::Compat);
  with.spec = "apiVersion: 1.0.0\n";
  with.documents = {{"", "# a"}, {"zh", "# b"}};
  const auto image = build_image(with);
  const auto document = read_document(image->manifest, "");
  const auto& layers = std::get<Manifest>(*document).layers;
  ASSERT_EQ(layers.size(), 4U);
  EXPECT_EQ(layers[0].media_type, "application/vnd.module.wasm.doc.v1+markdown");
  EXPECT_EQ(layers[1].media_type, "application/vnd.module.wasm.doc.v1.zh+markdown");
  EXPECT_EQ(layers[2].media_type, media::kSpec);
  EXPECT_EQ(layers[3].media_type, media::kLayerTarGzip);
  EXPECT_EQ(read_layer(blob_of(*image, layers[3].digest).bytes, LayerLimits{})->spec, with.spec);
}

TEST(ImageBuilder, OciLayoutHasExactlyTwoLayers) {
  const auto image = build_image(input(Layout::Oci));
  const auto document = read_document(image->manifest, "");
  const auto& layers = std::get<Manifest>(*document).layers;
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0].media_type, media::kWasmConfig);
  EXPECT_EQ(layers[1].media_type, media::kWasmContent);
}

TEST(ImageBuilder, RefusesWhatIsNoModule) {
  ImageInput wrong = input(Layout::Compat);
  wrong.module = "#!/bin/sh\n";
  EXPECT_EQ(build_image(wrong).error().code, ErrorCode::InvalidArgument);
}

TEST(ImageBuilder, RefusesExtraFilesWhereTheLayoutHasNoPlace) {
  ImageInput with = input(Layout::Oci);
  with.spec = "x";
  EXPECT_NE(build_image(with).error().detail.find("use compat"), std::string::npos);
}

TEST(Gzip, HasNoNameAndNoTime) {
  const std::string packed = gzip_pack("abc");
  EXPECT_EQ(packed.substr(0, 8), std::string("\x1F\x8B\x08\0\0\0\0\0", 8));
  EXPECT_EQ(*gzip_unpack(packed, 3), "abc");
}

TEST(Gzip, HoldsItsLimit) {
  EXPECT_EQ(gzip_unpack(gzip_pack("abcd"), 3).error().code, ErrorCode::LimitExceeded);
}

TEST(LayerReader, HoldsTheModuleLimit) {
  const auto image = build_image(input(Layout::Compat));
  const std::string& tar = image->blobs.back().bytes;
  LayerLimits limits;
  limits.module_bytes = kModule.size();
  EXPECT_TRUE(read_layer(tar, limits).has_value());
  limits.module_bytes = kModule.size() - 1;
  EXPECT_EQ(read_layer(tar, limits).error().code, ErrorCode::LimitExceeded);
}

TEST(LayerReader, SurvivesEveryTruncationAndEveryFlippedByte) {
  const auto image = build_image(input(Layout::Compat));
  const std::string& layer = image->blobs.back().bytes;
  for (size_t i = 0; i < layer.size(); ++i) {
    EXPECT_FALSE(
        read_layer(layer.substr(0, i), LayerLimits{}).value_or(LayerFiles{}).module.has_value())
        << i;
    std::string flipped = layer;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x40);
    (void)read_layer(flipped, LayerLimits{});  // any answer, no crash
  }
}

TEST(ImageLayout, FindsAnImageByTagNameAndDigest) {
  const auto image = build_image(input(Layout::Compat));
  const Descriptor& manifest = image->manifest_descriptor;
  auto index = layout_index_with("", manifest, "registry.example.com/a:1.0");
  ASSERT_TRUE(index.has_value());
  for (const std::string& name : {std::string("1.0"), std::string("registry.example.com/a:1.0"),
                                  manifest.digest.to_string(), std::string()}) {
    EXPECT_EQ(layout_find(*index, name)->digest, manifest.digest) << name;
  }
  EXPECT_NE(layout_find(*index, "2.0").error().detail.find("registry.example.com/a:1.0"),
            std::string::npos);
}

TEST(ImageLayout, ReplacesAnImageOfTheSameNameOnly) {
  const Descriptor one = build_image(input(Layout::Compat))->manifest_descriptor;
  const Descriptor two = build_image(input(Layout::Oci))->manifest_descriptor;
  std::string index = *layout_index_with("", one, "h/a:1");
  index = *layout_index_with(index, one, "h/b:1");
  index = *layout_index_with(index, two, "h/a:1");
  EXPECT_EQ(layout_find(index, "h/a:1")->digest, two.digest);
  EXPECT_EQ(layout_find(index, "h/b:1")->digest, one.digest);
}

TEST(ImageLayout, AsksForANameWhenThereAreSeveral) {
  std::string index =
      *layout_index_with("", build_image(input(Layout::Compat))->manifest_descriptor, "a");
  index = *layout_index_with(index, build_image(input(Layout::Oci))->manifest_descriptor, "b");
  EXPECT_NE(layout_find(index, "").error().detail.find("several"), std::string::npos);
}

TEST(ImageLayout, KnowsItsMarker) {
  EXPECT_TRUE(check_layout_marker(layout_marker()).has_value());
  EXPECT_EQ(check_layout_marker(R"({"imageLayoutVersion":"2.0.0"})").error().code,
            ErrorCode::Unsupported);
  EXPECT_EQ(check_layout_marker("{}").error().code, ErrorCode::Protocol);
}

}  // namespace
}  // namespace wasmgate::oci
