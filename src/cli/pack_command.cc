#include <filesystem>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/image_place.h"
#include "cli/plugin_image.h"
#include "cli/result_printer.h"

namespace wasmgate::cli {
namespace {

Result<PlaceName> target_of(const PackOptions& options, const std::string& folder) {
  const std::string word =
      options.target.empty() ? (std::filesystem::path(folder) / "image").string() : options.target;
  auto place = parse_place(word);
  if (place && place->kind != PlaceName::Kind::Folder && place->kind != PlaceName::Kind::Archive) {
    return fail(ErrorCode::InvalidArgument,
                word +
                    ": pack writes an image-layout folder or an archive (*.tar); use push for a "
                    "registry",
                ErrorSource::Config);
  }
  return place;
}

Result<void> check_name(const std::string& name) {
  if (oci::is_tag(name)) {
    return {};
  }
  auto reference = oci::parse_reference(name);
  return reference ? Result<void>{}
                   : fail(ErrorCode::InvalidArgument,
                          "--tag \"" + name + "\": neither a tag nor host/repository:tag",
                          ErrorSource::Config);
}

Result<oci::Digest> pack(const PackOptions& options, PlaceName& target, Progress& progress) {
  if (auto good = check_name(options.tag); !good) {
    return tl::unexpected(good.error());
  }
  auto built = build_plugin_image(options);
  if (!built) {
    return tl::unexpected(built.error());
  }
  auto place = target_of(options, built->folder);
  if (!place) {
    return tl::unexpected(place.error());
  }
  target = *place;
  for (const std::string& part : built->parts) {
    progress.step(part);
  }
  if (auto written = write_layout(built->image, options.tag, target); !written) {
    return tl::unexpected(written.error());
  }
  return built->image.manifest_descriptor.digest;
}

}  // namespace

std::string layout_text(const std::string& layout) {
  const char* readers = layout == "compat" ? "Istio, Higress, Envoy Gateway can read it"
                        : layout == "oci" ? "an artifact; Istio, Higress, Envoy Gateway can read it"
                                          : "an artifact; not for Istio, Higress, Envoy Gateway";
  return layout + " (" + readers + ")";
}

int pack_command(const PackOptions& options, Console& console) {
  Progress progress(console);
  PlaceName target;
  auto digest = pack(options, target, progress);
  auto noted = digest ? write_digest_file(options.digest_file, digest->to_string())
                      : tl::unexpected(digest.error());
  progress.finish();
  if (!noted) {
    return report_failure("pack", noted.error(), console);
  }
  print_result({{"path", "packed", target.path},
                {"digest", "digest", digest->to_string()},
                {"tag", "tag", options.tag},
                {"layout", "layout",
                 options.output == "json" ? options.layout : layout_text(options.layout)}},
               options.output, console);
  print_next("wasmgate push " + target.path + " oci://HOST/REPOSITORY:TAG", console);
  return kOk;
}

}  // namespace wasmgate::cli
