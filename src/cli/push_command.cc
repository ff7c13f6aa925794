#include <optional>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/image_place.h"
#include "cli/keys.h"
#include "cli/plugin_image.h"
#include "cli/result_printer.h"

namespace wasmgate::cli {
namespace {

Result<ImageSource> open_source(const PushOptions& options, const PlaceName& place,
                                RegistrySession& session) {
  if (place.kind != PlaceName::Kind::Module) {
    return ImageSource::open(place, options.image, session);
  }
  PackOptions pack;
  pack.source = place.path;
  pack.layout = options.layout;
  auto built = build_plugin_image(pack);
  if (!built) {
    return tl::unexpected(built.error());
  }
  return ImageSource::from_image(built->image);
}

Result<PlaceName> local_source(const std::string& word) {
  auto place = parse_place(word);
  if (place && place->kind == PlaceName::Kind::Registry) {
    return fail(ErrorCode::InvalidArgument,
                word + ": is in a registry already; use copy to bring it elsewhere",
                ErrorSource::Config);
  }
  return place;
}

struct Pushed {
  Transferred image;
  std::string signer;  // fingerprint of the key that signed it just now
};

Result<Pushed> push(const PushOptions& options, Progress& progress) {
  auto from = local_source(options.source);
  auto to = from ? parse_registry_place(options.target) : from;
  if (!to) {
    return tl::unexpected(to.error());
  }
  std::optional<artifact::PrivateKey> key;
  if (options.sign) {
    auto read = read_private_key(options.key);  // before anything is sent
    if (!read) {
      return tl::unexpected(read.error());
    }
    key = std::move(*read);
  }
  RegistrySession session(options, hosts_of({*to}));
  auto source = open_source(options, *from, session);
  if (!source) {
    return tl::unexpected(source.error());
  }
  progress.busy("pushing to " + to->reference.host);
  auto image = transfer_image(*source, *to, session, progress);
  if (!image) {
    return tl::unexpected(image.error());
  }
  Pushed out{std::move(*image), ""};
  if (key) {
    auto good = artifact::sign_image(session.registry(), to->reference, out.image.digest, *key);
    if (!good) {
      return tl::unexpected(good.error());
    }
    out.signer = key->public_key().fingerprint();
  }
  return out;
}

}  // namespace

int push_command(const PushOptions& options, Console& console) {
  Progress progress(console);
  auto pushed = push(options, progress);
  auto noted = pushed ? write_digest_file(options.digest_file, pushed->image.digest.to_string())
                      : tl::unexpected(pushed.error());
  progress.finish();
  if (!noted) {
    return report_failure("push", noted.error(), console);
  }
  print_result({{"reference", "pushed", "oci://" + pushed->image.reference},
                {"digest", "digest", pushed->image.digest.to_string()},
                {"signer", "signed by", pushed->signer}},
               options.output, console);
  print_next(
      "wasmgate validate -f plugin.yaml    # with spec.url: oci://" + pushed->image.reference,
      console);
  return kOk;
}

}  // namespace wasmgate::cli
