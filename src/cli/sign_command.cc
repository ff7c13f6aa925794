#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/image_place.h"
#include "cli/keys.h"
#include "cli/result_printer.h"

namespace wasmgate::cli {
namespace {

struct Signed {
  oci::Reference reference;  // by digest
  std::string signer;
};

// The image that the reference names now.
Result<oci::Reference> pinned(const oci::Reference& reference, RegistrySession& session,
                              Progress& progress) {
  progress.busy("asking " + reference.host);
  auto manifest = session.registry().manifest(reference);
  if (!manifest) {
    return tl::unexpected(manifest.error());
  }
  progress.step(reference.to_string() + " is " + manifest->digest.to_string());
  return reference.at(manifest->digest);
}

Result<Signed> sign(const SignOptions& options, Progress& progress) {
  auto place = parse_registry_place(options.reference);
  auto key = place ? read_private_key(options.key) : tl::unexpected(place.error());
  if (!key) {
    return tl::unexpected(key.error());
  }
  RegistrySession session(options, hosts_of({*place}));
  auto image = pinned(place->reference, session, progress);
  if (!image) {
    return tl::unexpected(image.error());
  }
  progress.busy("signing");
  auto good = artifact::sign_image(session.registry(), *image, *image->digest, *key);
  if (!good) {
    return tl::unexpected(good.error());
  }
  return Signed{*image, key->public_key().fingerprint()};
}

Result<Signed> verify(const VerifyOptions& options, Progress& progress) {
  auto place = parse_registry_place(options.reference);
  auto keys = place ? read_public_keys(options.key) : tl::unexpected(place.error());
  if (!keys) {
    return tl::unexpected(keys.error());
  }
  RegistrySession session(options, hosts_of({*place}));
  auto image = pinned(place->reference, session, progress);
  if (!image) {
    return tl::unexpected(image.error());
  }
  progress.busy("verifying");
  auto signer = artifact::verify_image(session.registry(), *image, *image->digest, *keys);
  if (!signer) {
    return tl::unexpected(signer.error());
  }
  return Signed{*image, *signer};
}

int report_signature(const std::string& command, const std::string& label,
                     const TransferOptions& options, const Result<Signed>& done, Console& console) {
  auto noted = done ? write_digest_file(options.digest_file, done->reference.digest->to_string())
                    : tl::unexpected(done.error());
  if (!noted) {
    return report_failure(command, noted.error(), console);
  }
  print_result({{"reference", label, "oci://" + done->reference.to_string()},
                {"digest", "digest", done->reference.digest->to_string()},
                {"signer", "signed by", done->signer}},
               options.output, console);
  return kOk;
}

}  // namespace

int sign_command(const SignOptions& options, Console& console) {
  Progress progress(console);
  const auto done = sign(options, progress);
  progress.finish();
  const int code = report_signature("sign", "signed", options, done, console);
  if (code == kOk) {
    print_next("wasmgate verify oci://" + done->reference.to_string() + " --key PUBLIC_KEY",
               console);
  }
  return code;
}

int verify_command(const VerifyOptions& options, Console& console) {
  Progress progress(console);
  const auto done = verify(options, progress);
  progress.finish();
  return report_signature("verify", "verified", options, done, console);
}

}  // namespace wasmgate::cli
