#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/image_place.h"
#include "cli/result_printer.h"

namespace wasmgate::cli {
namespace {

struct Tagged {
  std::string reference;
  std::string digest;
};

Result<Tagged> tag(const TagOptions& options, Progress& progress) {
  auto place = parse_registry_place(options.reference);
  if (!place) {
    return tl::unexpected(place.error());
  }
  if (!oci::is_tag(options.tag)) {
    return fail(ErrorCode::InvalidArgument,
                "\"" + options.tag + "\" is no tag: letters, digits, '_', '.', '-', at most 128",
                ErrorSource::Config);
  }
  RegistrySession session(options, hosts_of({*place}));
  progress.busy("asking " + place->reference.host);
  auto manifest = session.registry().manifest(place->reference);
  if (!manifest) {
    return tl::unexpected(manifest.error());
  }
  const oci::Reference target = place->reference.with_tag(options.tag);
  if (auto put = session.registry().put_manifest(target, *manifest); !put) {
    return tl::unexpected(put.error());
  }
  return Tagged{"oci://" + target.to_string(), manifest->digest.to_string()};
}

}  // namespace

int tag_command(const TagOptions& options, Console& console) {
  Progress progress(console);
  auto tagged = tag(options, progress);
  auto noted = tagged ? write_digest_file(options.digest_file, tagged->digest)
                      : tl::unexpected(tagged.error());
  progress.finish();
  if (!noted) {
    return report_failure("tag", noted.error(), console);
  }
  print_result({{"reference", "tagged", tagged->reference}, {"digest", "digest", tagged->digest}},
               options.output, console);
  return kOk;
}

}  // namespace wasmgate::cli
