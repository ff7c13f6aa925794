#include <set>

#include "artifact/file_io.h"
#include "artifact/image_module.h"
#include "cli/commands.h"
#include "cli/config_input.h"
#include "cli/exit_codes.h"
#include "cli/image_place.h"
#include "cli/result_printer.h"
#include "config/diagnostics/render.h"

namespace wasmgate::cli {
namespace {

constexpr size_t kModuleBytes = 512ULL * 1024 * 1024;

// "registry/team/block:1.0.0" → "block".
std::string folder_name(const oci::Reference& reference) {
  return reference.repository.substr(reference.repository.rfind('/') + 1);
}

Result<Transferred> pull_module(const ImageSource& source, const std::string& path) {
  auto image = artifact::resolve_image(source.end(), source.reference(), source.top());
  if (!image) {
    return tl::unexpected(image.error());
  }
  oci::LayerLimits limits;
  limits.module_bytes = kModuleBytes;
  auto module = artifact::read_image_module(
      image->manifest, source.name(), limits,
      [&](const oci::Descriptor& layer) { return source.end().blob(source.reference(), layer); });
  if (!module) {
    return tl::unexpected(module.error());
  }
  if (auto written = artifact::write_file(path, module->code.bytes, 0644); !written) {
    return tl::unexpected(written.error());
  }
  return Transferred{path, source.top().digest, false};
}

Result<Transferred> pull(const PullOptions& options, Progress& progress) {
  auto from = parse_registry_place(options.source);
  auto to = from ? parse_place(options.target.empty() ? "./" + folder_name(from->reference)
                                                      : options.target)
                 : from;
  if (!to) {
    return tl::unexpected(to.error());
  }
  if (to->kind == PlaceName::Kind::Registry) {
    return fail(ErrorCode::InvalidArgument, options.target + ": use copy to fill another registry",
                ErrorSource::Config);
  }
  RegistrySession session(options, hosts_of({*from}));
  progress.busy("asking " + from->reference.host);
  auto source = ImageSource::open(*from, "", session);
  if (!source) {
    return tl::unexpected(source.error());
  }
  progress.busy("pulling " + from->text());
  return to->kind == PlaceName::Kind::Module ? pull_module(*source, to->path)
                                             : transfer_image(*source, *to, session, progress);
}

// An image that a plug-in names, for itself or its canary.
struct NamedImage {
  const config::Plugin& plugin;
  oci::Reference reference;
};

// The images of a configuration, each once.
std::vector<NamedImage> images_of(const config::Model& model) {
  std::vector<NamedImage> out;
  std::set<std::string> seen;
  const auto add = [&](const config::Plugin& plugin, const std::string& url,
                       const std::string& file) {
    auto reference = oci::parse_reference(url);
    if (file.empty() && reference && seen.insert(url).second) {
      out.push_back({plugin, std::move(*reference)});
    }
  };
  for (const config::Plugin& plugin : model.plugins) {
    add(plugin, plugin.url, plugin.file);
    if (plugin.canary) {
      add(plugin, plugin.canary->url, plugin.canary->file);
    }
  }
  return out;
}

Result<void> pull_image(const NamedImage& image, const PlaceName& target, RegistrySession& session,
                        Progress& progress) {
  const config::Plugin& plugin = image.plugin;
  const PlaceName place{PlaceName::Kind::Registry, "", image.reference};
  progress.busy("pulling " + place.text());
  artifact::SecretCredentials secret(plugin.pull_credentials);
  const auto client = plugin.pull_credentials.empty() ? nullptr : session.registry_as(secret);
  auto source = client ? ImageSource::open(place, *client) : ImageSource::open(place, "", session);
  auto done =
      source ? transfer_image(*source, target, session, progress) : tl::unexpected(source.error());
  if (!done) {
    return fail(done.error().code, plugin.resource + ": " + done.error().detail,
                done.error().source);
  }
  return {};
}

// Every image of the configuration into one layout folder: what oci.preloadFolder reads.
int pull_all(const PullOptions& options, Console& console) {
  if (options.files.empty() || options.source.empty() || !options.target.empty()) {
    console.err << "wasmgate pull --all: give the configuration with -f, and one target folder\n";
    return kUsage;
  }
  const ConfigInput input = load_paths(options.files, console);
  if (!input.model) {
    console.err << config::render_text(input.diagnostics, input.sources, false);
    return kInvalidConfiguration;
  }
  const auto images = images_of(*input.model);
  std::vector<std::string> hosts;
  for (const NamedImage& image : images) {
    hosts.push_back(image.reference.host);
  }
  Progress progress(console);
  RegistrySession session(options, hosts, input.model->gateway.oci_insecure_hosts);
  const PlaceName target{PlaceName::Kind::Folder, options.source, {}};
  for (const NamedImage& image : images) {
    if (auto done = pull_image(image, target, session, progress); !done) {
      progress.finish();
      return report_failure("pull", done.error(), console);
    }
  }
  progress.finish();
  print_result(
      {{"target", "pulled", options.source}, {"images", "images", std::to_string(images.size())}},
      options.output, console);
  print_next("set oci.preloadFolder: " + options.source + " in the GatewayConfig", console);
  return kOk;
}

}  // namespace

int pull_command(const PullOptions& options, Console& console) {
  if (options.all) {
    return pull_all(options, console);
  }
  if (options.source.empty()) {
    console.err << "wasmgate pull: name an image, or --all -f PATH and a folder\n";
    return kUsage;
  }
  Progress progress(console);
  auto pulled = pull(options, progress);
  auto noted = pulled ? write_digest_file(options.digest_file, pulled->digest.to_string())
                      : tl::unexpected(pulled.error());
  progress.finish();
  if (!noted) {
    return report_failure("pull", noted.error(), console);
  }
  print_result({{"target", "pulled", pulled->reference},
                {"digest", "digest", pulled->digest.to_string()},
                {"signatures", "signatures", pulled->with_signatures ? "pulled" : ""}},
               options.output, console);
  return kOk;
}

}  // namespace wasmgate::cli
