#include "server/change_requests.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "config/diagnostics/render.h"
#include "server/config_edit.h"
#include "server/config_files.h"
#include "server/file_io.h"

namespace wasmgate::server {
namespace {

SmallReply reply(int status, std::string text) {
  SmallReply out;
  out.status = status;
  out.body = std::move(text);
  return out;
}

SmallReply failure(const Error& error) {
  const int status = error.code == ErrorCode::NotFound          ? 404
                     : error.code == ErrorCode::InvalidArgument ? 422
                                                                : 409;
  return reply(status, error.detail + "\n");
}

// The first -f, when changes can be made there.
Result<std::string> changeable_folder(const ChangeContext& context) {
  std::error_code error;
  if (context.paths.empty() || !std::filesystem::is_directory(context.paths.front(), error)) {
    return fail(ErrorCode::Refused,
                "the gateway's first -f is no folder; changes need one to be written to",
                ErrorSource::Config);
  }
  return context.paths.front();
}

// Empty: the configuration is valid.
std::string problems_of(const std::vector<config::SourceText>& files,
                        const ChangeContext& context) {
  config::Diagnostics unreadable;
  std::vector<config::SourceText> all = files;
  const std::vector<std::string> others(context.paths.begin() + 1, context.paths.end());
  for (const config::SourceText& file : read_config_files(others, unreadable)) {
    all.push_back(file);
  }
  all.insert(all.end(), context.built_in.begin(), context.built_in.end());
  const config::LoadResult loaded = config::load(all);
  return loaded.model ? "" : config::render_text(loaded.diagnostics, all);
}

Result<void> write(const std::vector<FileEdit>& edits) {
  for (const FileEdit& edit : edits) {
    if (!edit.text) {
      if (::unlink(edit.path.c_str()) != 0 && errno != ENOENT) {
        return fail(ErrorCode::Refused, edit.path + ": " + std::strerror(errno),
                    ErrorSource::Config);
      }
    } else if (auto written = write_file_atomically(edit.path, *edit.text, 0644); !written) {
      return written;
    }
  }
  return {};
}

SmallReply carry_out(const Edits& edits, const std::vector<config::SourceText>& files,
                     const ChangeContext& context, bool dry_run) {
  if (const std::string problems = problems_of(with_edits(files, edits.files), context);
      !problems.empty()) {
    return reply(422, problems);
  }
  if (auto done = dry_run ? Result<void>{} : write(edits.files); !done) {
    return failure(done.error());
  }
  std::string text;
  for (const std::string& resource : edits.resources) {
    text += resource + (dry_run ? " (dry run)\n" : "\n");
  }
  return reply(200, text);
}

Result<Edits> edits_to_roll_back(const std::vector<config::SourceText>& files,
                                 const KeptGenerations& kept) {
  auto earlier = kept.previous(files);
  if (!earlier) {
    return tl::unexpected(earlier.error());
  }
  Edits out;
  for (const config::SourceText& file : *earlier) {
    const auto known = std::find_if(files.begin(), files.end(), [&](const config::SourceText& f) {
      return f.path == file.path;
    });
    if (known == files.end() || known->text != file.text) {
      out.files.push_back({file.path, file.text});
      out.resources.push_back(file.path + ": restored");
    }
  }
  for (const config::SourceText& file : files) {
    const bool stays =
        std::any_of(earlier->begin(), earlier->end(),
                    [&](const config::SourceText& f) { return f.path == file.path; });
    if (!stays) {
      out.files.push_back({file.path, std::nullopt});
      out.resources.push_back(file.path + ": removed");
    }
  }
  return out;
}

Result<ResourceId> read_id(std::string_view body) {
  std::istringstream words{std::string(body)};
  ResourceId id;
  std::string more;
  if (!(words >> id.kind >> id.space >> id.name) || words >> more) {
    return fail(ErrorCode::InvalidArgument, "the body is not \"kind namespace name\"",
                ErrorSource::Config);
  }
  if (id.space == "-") {
    id.space = default_namespace(id.kind);
  }
  return id;
}

}  // namespace

SmallReply answer_change(std::string_view method, std::string_view target, std::string_view body,
                         const ChangeContext& context) {
  if (method != "POST") {
    return reply(405, "POST only\n");
  }
  const auto folder = changeable_folder(context);
  if (!folder) {
    return failure(folder.error());
  }
  const std::string_view verb = target.substr(0, target.find('?'));
  const bool dry_run = target.find("dry-run=1") != std::string_view::npos;
  config::Diagnostics unreadable;
  const auto files = read_config_files({*folder}, unreadable);
  Result<Edits> edits = fail(ErrorCode::NotFound, "no such verb", ErrorSource::Config);
  if (verb == "/apply") {
    edits = edits_to_apply(files, *folder, std::string(body));
  } else if (verb == "/rollback") {
    edits = edits_to_roll_back(files, context.kept);
  } else if (verb == "/delete") {
    const auto id = read_id(body);
    edits = id ? edits_to_delete(files, *id) : tl::unexpected(id.error());
  }
  return edits ? carry_out(*edits, files, context, dry_run) : failure(edits.error());
}

Result<net::Socket> listen_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(ErrorCode::LimitExceeded,
                path + ": longer than the " + std::to_string(sizeof address.sun_path - 1) +
                    " bytes of a socket's path",
                ErrorSource::Config);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  net::Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  ::unlink(path.c_str());
  const mode_t old = ::umask(0177);
  const bool bound = socket.valid() && ::bind(socket.fd(), reinterpret_cast<sockaddr*>(&address),
                                              sizeof address) == 0;
  const int error = errno;
  ::umask(old);
  if (!bound || ::listen(socket.fd(), 16) != 0) {
    return fail(ErrorCode::Refused, path + ": " + std::strerror(bound ? errno : error),
                ErrorSource::Config);
  }
  return socket;
}

std::string admin_socket_path(const std::string& state_folder) {
  return state_folder + "/admin.sock";
}

}  // namespace wasmgate::server
