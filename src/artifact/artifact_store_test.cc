#include "artifact/artifact_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "artifact/digest.h"
#include "artifact/fake_keys.h"
#include "artifact/fake_registry.h"
#include "artifact/image_transfer.h"
#include "artifact/layout_folder.h"
#include "oci/base64.h"
#include "oci/cosign.h"

namespace wasmgate::artifact {
namespace {

namespace fs = std::filesystem;
using Answer = FakeRegistry::Answer;

const std::string kModule("\0asm\1\0\0\0one", 11);
const std::string kOther("\0asm\1\0\0\0two", 11);
const std::string kUrl = "oci://r.example.com/team/block:1.0.0";
const std::string kBase = "https://r.example.com/v2/team/block";

oci::Image image_of(const std::string& module, oci::Layout layout = oci::Layout::Compat) {
  oci::ImageInput input;
  input.module = module;
  input.layout = layout;
  return *oci::build_image(input);
}

class StoreTest : public testing::Test {
 protected:
  StoreTest() { open(); }

  void open() {
    store.reset();
    StoreOptions options;
    options.folder = folder.path() + "/cache";
    options.preload_folder = preload;
    options.cache = cache_limits;
    store = *ArtifactStore::open(std::move(options), registry, credentials, sleeper, clock, logger);
  }

  Result<PluginCode> get(const std::string& url = kUrl, const std::string& sha256 = "",
                         Pull pull = Pull::Unspecified) {
    PluginRequest request;
    request.url = url;
    request.sha256 = sha256;
    request.pull = pull;
    request.verification_key = verification_key;
    request.pull_credentials = pull_credentials;
    return store->get(request);
  }

  void wait_out_back_off() { clock.advance(std::chrono::minutes(20)); }

  // A file of the cache that holds these bytes.
  std::string cached_path(const std::string& bytes) const {
    return folder.path() + "/cache/blobs/" + sha256_hex(bytes);
  }

  TemporaryFolder folder;
  ManualClock clock;
  ClockSleeper sleeper{clock};
  MemoryLogger logger;
  FakeRegistry registry;
  Anonymous credentials;
  CacheLimits cache_limits;
  std::string preload;
  std::string verification_key;
  std::string pull_credentials;
  std::unique_ptr<ArtifactStore> store;
};

TEST_F(StoreTest, LeavesOutPrecompiledCode) {
  const std::string plain("\0asm\1\0\0\0", 8);
  const std::string module = plain + std::string("\0\x18\x14precompiled_wasmtimeELF", 26);
  registry.add(kUrl, image_of(module, oci::Layout::Oci));
  const auto code = get();
  ASSERT_TRUE(code.has_value()) << code.error().detail;
  EXPECT_EQ(code->bytes, plain);
  EXPECT_EQ(code->digest, sha256_hex(module));
  registry.down = true;
  EXPECT_EQ(get()->bytes, plain) << "from the cache";
}

TEST_F(StoreTest, PullsAnImageAndTellsWhatItWas) {
  const oci::Image image = image_of(kModule);
  registry.add(kUrl, image);
  const auto code = get();
  ASSERT_TRUE(code.has_value()) << code.error().detail;
  EXPECT_EQ(code->bytes, kModule);
  EXPECT_EQ(code->manifest_digest, image.manifest_descriptor.digest.hex);
  EXPECT_EQ(code->resolved,
            "r.example.com/team/block@" + image.manifest_descriptor.digest.to_string());
}

TEST_F(StoreTest, ReadsEveryLayout) {
  for (const oci::Layout layout : {oci::Layout::Compat, oci::Layout::Oci, oci::Layout::Cncf}) {
    const std::string url = "oci://r.example.com/" + std::string(to_string(layout)) + ":1";
    registry.add(url, image_of(kModule, layout));
    EXPECT_EQ(get(url).value_or(PluginCode{}).bytes, kModule) << url;
  }
}

TEST_F(StoreTest, ServesAKnownTagWithoutTheRegistry) {
  registry.add(kUrl, image_of(kModule));
  const std::string resolved = get()->resolved;
  registry.down = true;
  open();  // as after a restart
  const auto code = get();
  ASSERT_TRUE(code.has_value());
  EXPECT_EQ(code->bytes, kModule);
  EXPECT_EQ(code->resolved, resolved);
}

TEST_F(StoreTest, DoesNotAskAgainForAKnownTagUnlessToldTo) {
  registry.add(kUrl, image_of(kModule));
  get();
  registry.add(kUrl, image_of(kOther));
  EXPECT_EQ(get()->bytes, kModule);
  EXPECT_EQ(get(kUrl, "", Pull::Always)->bytes, kOther);
}

TEST_F(StoreTest, AsksEachTimeForLatest) {
  registry.add("oci://r.example.com/a", image_of(kModule));
  get("oci://r.example.com/a");
  registry.add("oci://r.example.com/a", image_of(kOther));
  EXPECT_EQ(get("oci://r.example.com/a")->bytes, kOther);
  EXPECT_EQ(get("oci://r.example.com/a", "", Pull::IfNotPresent)->bytes, kOther);
}

TEST_F(StoreTest, UsesTheOlderCopyOfLatestWhenTheRegistryIsDownAndSaysSo) {
  registry.add("oci://r.example.com/a", image_of(kModule));
  get("oci://r.example.com/a");
  registry.down = true;
  const auto code = get("oci://r.example.com/a");
  ASSERT_TRUE(code.has_value());
  EXPECT_NE(code->note.find("fetched earlier"), std::string::npos);
}

TEST_F(StoreTest, HoldsAPinnedDigestWhenTheTagMoves) {
  const oci::Image image = image_of(kModule);
  registry.add(kUrl, image);
  registry.answers[kBase + "/manifests/1.0.0"] = {200, {}, image_of(kOther).manifest};
  EXPECT_EQ(get(kUrl, image.manifest_descriptor.digest.hex)->bytes, kModule);
  EXPECT_EQ(get(kUrl + "@" + image.manifest_descriptor.digest.to_string())->bytes, kModule);
}

TEST_F(StoreTest, SaysWhichDigestsWereCompared) {
  registry.add(kUrl, image_of(kModule));
  const std::string wrong(64, '1');
  registry.answers[kBase + "/manifests/sha256:" + wrong] =
      registry.answers[kBase + "/manifests/1.0.0"];
  const auto code = get(kUrl, wrong);
  EXPECT_EQ(code.error().code, ErrorCode::Corrupt);
  EXPECT_NE(code.error().detail.find("sha256 of the manifest is"), std::string::npos);
}

TEST_F(StoreTest, RefusesTwoDigestsThatDiffer) {
  EXPECT_EQ(get(kUrl + "@sha256:" + std::string(64, '1'), std::string(64, '2')).error().code,
            ErrorCode::InvalidArgument);
}

TEST_F(StoreTest, RefusesEveryFlippedByteAndKeepsNothing) {
  const oci::Image image = image_of(kModule);
  registry.add(kUrl, image);
  const std::string layer_url =
      kBase + "/blobs/" + image.blobs.back().descriptor.digest.to_string();
  const std::string layer = image.blobs.back().bytes;
  for (size_t i = 0; i < layer.size(); ++i) {
    std::string flipped = layer;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    registry.answers[layer_url].body = flipped;
    EXPECT_EQ(get().error().code, ErrorCode::Corrupt) << i;
    wait_out_back_off();
  }
  EXPECT_TRUE(fs::is_empty(folder.path() + "/cache/blobs"));
  EXPECT_TRUE(fs::is_empty(folder.path() + "/cache/records"));
}

TEST_F(StoreTest, KeepsNoLayerThatIsRefusedAlthoughItsHashFits) {
  const oci::Image image = image_of(kModule);
  const oci::Blob& layer = image.blobs.back();
  const std::string cut = layer.bytes.substr(0, layer.bytes.size() / 2);
  std::string manifest = image.manifest;
  const auto replace = [&](const std::string& from, const std::string& to) {
    ASSERT_NE(manifest.rfind(from), std::string::npos);
    manifest.replace(manifest.rfind(from), from.size(), to);
  };
  replace(layer.descriptor.digest.hex, sha256_hex(cut));
  replace("\"size\":" + std::to_string(layer.bytes.size()),
          "\"size\":" + std::to_string(cut.size()));
  registry.add(kUrl, image);
  registry.answers[kBase + "/manifests/1.0.0"].body = manifest;
  registry.answers[kBase + "/blobs/sha256:" + sha256_hex(cut)] = {200, {}, cut};
  EXPECT_EQ(get().error().code, ErrorCode::Malformed);
  EXPECT_EQ(registry.count(sha256_hex(cut)), 1U);
  EXPECT_TRUE(fs::is_empty(folder.path() + "/cache/blobs"));
}

TEST_F(StoreTest, RefusesALayerOfAnotherSize) {
  const oci::Image image = image_of(kModule);
  registry.add(kUrl, image);
  std::string& body =
      registry.answers[kBase + "/blobs/" + image.blobs.back().descriptor.digest.to_string()].body;
  body += "x";
  EXPECT_EQ(get().error().code, ErrorCode::Corrupt);
  wait_out_back_off();
  body.resize(body.size() - 2);
  EXPECT_NE(get().error().detail.find("bytes, the manifest says"), std::string::npos);
}

TEST_F(StoreTest, DoesNotRetryABrokenArtifactHot) {
  registry.add(kUrl, image_of(kModule));
  registry.answers[kBase + "/manifests/1.0.0"].body = "{}";
  for (int second = 0; second < 3600; ++second) {
    EXPECT_FALSE(get().has_value());
    clock.advance(std::chrono::seconds(1));
  }
  EXPECT_LE(registry.requests.size(), 12U);  // 10 s, doubled up to 10 minutes
  EXPECT_TRUE(store->next_retry().has_value());
}

TEST_F(StoreTest, TriesAgainAtOnceWhenTheResourceChanges) {
  const oci::Image image = image_of(kModule);
  registry.answers[kBase + "/manifests/1.0.0"] = {200, {}, "{}"};
  EXPECT_FALSE(get().has_value());
  registry.add(kUrl, image);
  EXPECT_TRUE(get(kUrl, image.manifest_descriptor.digest.hex).has_value());
}

TEST_F(StoreTest, DoesNotGiveACachedImageToOthersThanItsCredentials) {
  registry.add(kUrl, image_of(kModule));
  pull_credentials = R"({"auths":{"r.example.com":{"auth":"YTpi"}}})";
  ASSERT_TRUE(get().has_value());
  pull_credentials.clear();
  registry.rules.push_back(
      [](const FetchRequest&) -> std::optional<Result<Answer>> { return Answer{403, {}, ""}; });
  EXPECT_EQ(get().error().code, ErrorCode::Refused);
}

TEST_F(StoreTest, AnswersABearerChallengeWithTheSecretsCredentials) {
  registry.add(kUrl, image_of(kModule));
  registry.rules.push_back([](const FetchRequest& request) -> std::optional<Result<Answer>> {
    if (request.url.starts_with("https://auth.r.example.com/t")) {
      return Answer{200, {}, R"({"token":"tok"})"};
    }
    for (const auto& [name, value] : request.headers) {
      if (name == "Authorization" && value == "Bearer tok") {
        return std::nullopt;
      }
    }
    return Answer{
        401,
        {{"WWW-Authenticate",
          R"(Bearer realm="https://auth.r.example.com/t",service="r",scope="repository:team/block:pull")"}},
        ""};
  });
  pull_credentials = R"({"auths":{"r.example.com":{"auth":"YTpi"}}})";
  ASSERT_TRUE(get().has_value());
  EXPECT_EQ(registry.count("auth.r.example.com"), 1U);
  EXPECT_EQ(registry.authorizations[1], "Basic YTpi");
}

TEST_F(StoreTest, EndsALoopOf401) {
  registry.rules.push_back([](const FetchRequest& request) -> std::optional<Result<Answer>> {
    if (request.url.find("/token") != std::string::npos) {
      return Answer{200, {}, R"({"token":"tok"})"};
    }
    return Answer{401, {{"WWW-Authenticate", R"(Bearer realm="https://r.example.com/token")"}}, ""};
  });
  EXPECT_EQ(get().error().code, ErrorCode::Refused);
  EXPECT_EQ(registry.requests.size(), 3U);
}

TEST_F(StoreTest, RefusesATokenRealmInThePrivateNetwork) {
  registry.rules.push_back([](const FetchRequest&) -> std::optional<Result<Answer>> {
    return Answer{401,
                  {{"WWW-Authenticate", R"(Bearer realm="https://169.254.169.254/token")"}},
                  "",
                  "8.8.8.8"};
  });
  EXPECT_EQ(get().error().code, ErrorCode::Refused);
  EXPECT_EQ(registry.requests.size(), 1U);
}

TEST_F(StoreTest, AsksTheMirrorFirstAndTheRegistryWhenItFails) {
  store->set_options({}, {{"r.example.com", "mirror.example.com"}}, "");
  registry.add("oci://mirror.example.com/team/block:1.0.0", image_of(kModule));
  ASSERT_TRUE(get().has_value());
  EXPECT_EQ(registry.count("//r.example.com"), 0U);
  registry.add("oci://r.example.com/team/other:1", image_of(kOther));
  EXPECT_EQ(get("oci://r.example.com/team/other:1")->bytes, kOther);
}

TEST_F(StoreTest, AsksThePreloadFolderBeforeAnyRegistry) {
  preload = folder.path() + "/preload";
  LayoutFolder layout(preload);
  ASSERT_TRUE(put_image(layout, *oci::parse_reference(kUrl), image_of(kModule),
                        [](const oci::Descriptor&, bool) {})
                  .has_value());
  open();
  const auto code = get();
  ASSERT_TRUE(code.has_value()) << code.error().detail;
  EXPECT_EQ(code->bytes, kModule);
  EXPECT_TRUE(registry.requests.empty());
}

TEST_F(StoreTest, FetchesAModuleByHttpsAndComparesItsBytes) {
  const std::string url = "https://files.example.com/plugin.wasm";
  registry.answers[url] = {200, {}, kModule};
  EXPECT_EQ(get(url, sha256_hex(kModule))->bytes, kModule);
  const auto code = get(url, std::string(64, '1'));
  EXPECT_EQ(code.error().code, ErrorCode::Corrupt);
  EXPECT_NE(code.error().detail.find("module's bytes"), std::string::npos);
}

TEST_F(StoreTest, AsksAnUnpinnedHttpsAddressEachTimeAndFallsBack) {
  const std::string url = "https://files.example.com/plugin.wasm";
  registry.answers[url] = {200, {}, kModule};
  get(url);
  registry.answers[url].body = kOther;
  EXPECT_EQ(get(url)->bytes, kOther);
  registry.down = true;
  EXPECT_EQ(get(url)->bytes, kOther);
}

TEST_F(StoreTest, RefusesAnErrorPageInsteadOfAModule) {
  registry.answers["https://files.example.com/p"] = {200, {}, "<html>"};
  EXPECT_EQ(get("https://files.example.com/p").error().code, ErrorCode::Malformed);
  EXPECT_TRUE(fs::is_empty(folder.path() + "/cache/blobs"));
}

TEST_F(StoreTest, RefusesOtherSchemes) {
  EXPECT_EQ(get("ftp://h/x").error().code, ErrorCode::Unsupported);
}

TEST_F(StoreTest, NeverLoadsACachedFileThatWasChanged) {
  const oci::Image image = image_of(kModule, oci::Layout::Oci);
  registry.add(kUrl, image);
  get();
  std::ofstream(cached_path(kModule), std::ios::binary) << kOther;
  registry.down = true;
  EXPECT_FALSE(get().has_value());
  EXPECT_FALSE(fs::exists(cached_path(kModule)));
}

TEST_F(StoreTest, NeverLoadsAPartOfACachedFile) {
  registry.add(kUrl, image_of(kModule, oci::Layout::Oci));
  get();
  registry.down = true;
  for (size_t size = 0; size < kModule.size(); ++size) {
    std::ofstream(cached_path(kModule), std::ios::binary) << kModule.substr(0, size);
    EXPECT_FALSE(get().has_value()) << size;
    wait_out_back_off();
  }
}

TEST_F(StoreTest, IgnoresCachedFilesThatOthersMayWriteAndLinks) {
  registry.add(kUrl, image_of(kModule, oci::Layout::Oci));
  get();
  ::chmod(cached_path(kModule).c_str(), 0666);
  get();
  EXPECT_EQ(registry.count("/blobs/"), 2U);  // fetched again
  fs::rename(cached_path(kModule), folder.path() + "/elsewhere");
  fs::create_symlink(folder.path() + "/elsewhere", cached_path(kModule));
  get();
  EXPECT_EQ(registry.count("/blobs/"), 3U);
}

TEST_F(StoreTest, RefusesACacheFolderThatOthersMayWrite) {
  ::chmod((folder.path() + "/cache/blobs").c_str(), 0777);
  StoreOptions options;
  options.folder = folder.path() + "/cache";
  EXPECT_EQ(
      ArtifactStore::open(options, registry, credentials, sleeper, clock, logger).error().code,
      ErrorCode::Refused);
}

TEST_F(StoreTest, RemovesHalfWrittenFilesAtStart) {
  std::ofstream(folder.path() + "/cache/blobs/.part-abc") << "x";
  open();
  EXPECT_TRUE(fs::is_empty(folder.path() + "/cache/blobs"));
}

TEST_F(StoreTest, KeepsWhatIsInUseAndRemovesTheOldestOverItsLimits) {
  cache_limits.files = 3;  // a manifest, a layer, a record
  open();
  registry.add("oci://r.example.com/a:1", image_of(kModule));
  registry.add("oci://r.example.com/b:1", image_of(kOther));
  get("oci://r.example.com/a:1");
  store->keep_used();
  get("oci://r.example.com/b:1");
  store->keep_used();
  registry.down = true;
  EXPECT_TRUE(get("oci://r.example.com/b:1").has_value());
  EXPECT_FALSE(get("oci://r.example.com/a:1").has_value());
}

TEST_F(StoreTest, KeepsWhatServesWhileItsSuccessorFails) {
  cache_limits.files = 1;
  open();
  registry.add("oci://r.example.com/a:1", image_of(kModule));
  get("oci://r.example.com/a:1");
  store->keep_used();
  EXPECT_FALSE(get("oci://r.example.com/a:2").has_value());
  store->keep_used();
  registry.down = true;
  EXPECT_TRUE(get("oci://r.example.com/a:1").has_value());
}

// Signatures.

class SignedStoreTest : public StoreTest {
 protected:
  SignedStoreTest() {
    registry.add(kUrl, image);
    verification_key = pair.public_pem;
  }

  void add_signatures(const std::vector<oci::SignedPayload>& signatures) {
    registry.add(
        "oci://r.example.com/team/block:" + oci::signature_tag(image.manifest_descriptor.digest),
        oci::make_signature_image(signatures));
  }

  oci::SignedPayload signed_by(const KeyPair& key, const oci::Digest& manifest) {
    const std::string payload = oci::signing_payload(manifest, "r.example.com/team/block");
    return {payload, *PrivateKey::parse(key.private_pem)->sign(payload)};
  }

  oci::Image image = image_of(kModule);
  oci::Digest digest = image.manifest_descriptor.digest;
  KeyPair pair = make_key_pair("ecdsa-p256");
};

TEST_F(SignedStoreTest, AcceptsASignatureByTheKeyAndNamesTheSigner) {
  add_signatures({signed_by(make_key_pair("rsa"), digest), signed_by(pair, digest)});
  const auto code = get();
  ASSERT_TRUE(code.has_value()) << code.error().detail;
  EXPECT_EQ(code->signer, PublicKey::parse_all(pair.public_pem)->front().fingerprint());
  registry.down = true;
  EXPECT_EQ(get()->signer, code->signer);
}

TEST_F(SignedStoreTest, RefusesAnUnsignedImage) {
  EXPECT_EQ(get().error().code, ErrorCode::Unverified);
  EXPECT_NE(get().error().detail.find("no signature"), std::string::npos);
  EXPECT_EQ(registry.count("/blobs/"), 0U);
}

TEST_F(SignedStoreTest, RefusesAnotherKeysSignature) {
  add_signatures({signed_by(make_key_pair("ecdsa-p256"), digest)});
  EXPECT_EQ(get().error().code, ErrorCode::Unverified);
}

TEST_F(SignedStoreTest, RefusesASignatureOverTheLayer) {
  add_signatures({signed_by(pair, image.blobs.back().descriptor.digest)});
  EXPECT_NE(get().error().detail.find("another manifest"), std::string::npos);
}

TEST_F(SignedStoreTest, RefusesAPayloadThatWasChanged) {
  oci::SignedPayload changed = signed_by(pair, image_of(kOther).manifest_descriptor.digest);
  changed.payload = oci::signing_payload(digest, "r.example.com/team/block");
  add_signatures({changed});
  EXPECT_EQ(get().error().code, ErrorCode::Unverified);
}

TEST_F(SignedStoreTest, VerifiesAgainWhenTheKeyChanges) {
  add_signatures({signed_by(pair, digest)});
  ASSERT_TRUE(get().has_value());
  verification_key = make_key_pair("ed25519").public_pem;
  EXPECT_EQ(get().error().code, ErrorCode::Unverified);
}

TEST_F(SignedStoreTest, DoesNotTakeACopyFetchedWithoutVerification) {
  verification_key.clear();
  ASSERT_TRUE(get().has_value());
  verification_key = pair.public_pem;
  EXPECT_EQ(get().error().code, ErrorCode::Unverified);
}

TEST_F(SignedStoreTest, RefusesAKeyItCannotRead) {
  verification_key = "not a key";
  EXPECT_EQ(get().error().code, ErrorCode::InvalidArgument);
}

TEST_F(SignedStoreTest, RefusesAVerificationKeyWhereNoSignatureCanBe) {
  EXPECT_EQ(get("https://files.example.com/p").error().code, ErrorCode::Unsupported);
}

}  // namespace
}  // namespace wasmgate::artifact
