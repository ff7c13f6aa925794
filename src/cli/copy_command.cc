#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/image_place.h"
#include "cli/result_printer.h"

namespace wasmgate::cli {
namespace {

Result<Transferred> copy(const CopyOptions& options, Progress& progress) {
  auto from = parse_place(options.source);
  auto to = from ? parse_place(options.target) : from;
  if (!to) {
    return tl::unexpected(to.error());
  }
  if (from->kind == PlaceName::Kind::Module) {
    return fail(ErrorCode::InvalidArgument, from->path + ": is no image; use pack or push",
                ErrorSource::Config);
  }
  RegistrySession session(options, hosts_of({*from, *to}));
  progress.busy("reading " + from->text());
  auto source = ImageSource::open(*from, options.image, session);
  if (!source) {
    return tl::unexpected(source.error());
  }
  progress.busy("copying to " + to->text());
  return transfer_image(*source, *to, session, progress);
}

}  // namespace

int copy_command(const CopyOptions& options, Console& console) {
  Progress progress(console);
  auto copied = copy(options, progress);
  auto noted = copied ? write_digest_file(options.digest_file, copied->digest.to_string())
                      : tl::unexpected(copied.error());
  progress.finish();
  if (!noted) {
    return report_failure("copy", noted.error(), console);
  }
  print_result({{"target", "copied", copied->reference},
                {"digest", "digest", copied->digest.to_string()},
                {"signatures", "signatures", copied->with_signatures ? "copied" : "none"}},
               options.output, console);
  return kOk;
}

}  // namespace wasmgate::cli
