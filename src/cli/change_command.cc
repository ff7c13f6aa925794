#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/commands.h"
#include "cli/config_input.h"
#include "cli/exit_codes.h"
#include "cli/plugin_status.h"
#include "cli/result_printer.h"
#include "server/change_requests.h"
#include "server/config_files.h"
#include "server/http_fetcher.h"
#include "server/state_folder.h"

namespace wasmgate::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kAnswerBytes = 16ULL * 1024 * 1024;
constexpr auto kPollTime = std::chrono::milliseconds(50);

struct Answer {
  int status = 0;
  std::string body;
};

// One request to the gateway that has this state folder.
class DaemonClient {
 public:
  explicit DaemonClient(const std::string& state_dir)
      : path_(server::admin_socket_path(server::state_folder(state_dir))),
        fetcher_("wasmgate/" + program_version()) {}

  Result<Answer> send(const std::string& method, const std::string& target,
                      const std::string& body) {
    artifact::FetchRequest request;
    request.method = method;
    request.url = "http://localhost" + target;
    request.unix_socket = path_;
    request.body = body;
    Answer out;
    const auto head = fetcher_.fetch(request, [&](std::string_view part) {
      out.body.append(part);
      return out.body.size() <= kAnswerBytes;
    });
    if (!head) {
      return fail(head.error().code,
                  path_ + ": " + head.error().detail +
                      " (does a gateway run with this state folder? --state-dir)",
                  ErrorSource::Upstream);
    }
    out.status = head->status;
    return out;
  }

  Result<Json> status() {
    auto answer = send("GET", "/status", "");
    if (!answer) {
      return tl::unexpected(answer.error());
    }
    Json json = Json::parse(answer->body, nullptr, false);
    if (answer->status != 200 || !json.is_object() || !json.contains("generation")) {
      return fail(ErrorCode::Protocol, path_ + ": no status", ErrorSource::Upstream);
    }
    return json;
  }

 private:
  std::string path_;
  server::HttpFetcher fetcher_;
};

int exit_code_of_status(int status) {
  return status == 200   ? kOk
         : status == 404 ? kNotFound
         : status == 422 ? kInvalidConfiguration
                         : kFailed;
}

// Until another generation serves, or the files were refused. `before`: the status before the
// change.
int wait_for_change(DaemonClient& client, const Json& before, const ChangeTarget& options,
                    const std::string& command, Console& console) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.timeout_seconds);
  while (std::chrono::steady_clock::now() < end) {
    const auto now = client.status();
    if (!now) {
      return report_failure(command, now.error(), console);
    }
    if (now->at("generation") != before.at("generation")) {
      console.err << "generation " << now->at("generation").dump() << " serves\n";
      return kOk;
    }
    if (const std::string refused = text_of(*now, "refused");
        !refused.empty() && refused != text_of(before, "refused")) {
      console.err << refused;
      return kInvalidConfiguration;
    }
    std::this_thread::sleep_for(kPollTime);
  }
  console.err << "wasmgate " << command << ": no new generation within " << options.timeout_seconds
              << " s\n";
  return kTimedOut;
}

int change(const std::string& command, const std::string& body, const ChangeTarget& options,
           Console& console) {
  DaemonClient client(options.state_dir);
  const auto before = client.status();
  const auto answer =
      before ? client.send("POST", "/" + command + (options.dry_run ? "?dry-run=1" : ""), body)
             : tl::unexpected(before.error());
  if (!answer) {
    return report_failure(command, answer.error(), console);
  }
  if (answer->status != 200) {
    console.err << "wasmgate " << command << ": " << answer->body;
    return exit_code_of_status(answer->status);
  }
  console.out << answer->body << std::flush;
  const bool changed = answer->body.find(": created") != std::string::npos ||
                       answer->body.find(": changed") != std::string::npos ||
                       answer->body.find(": deleted") != std::string::npos ||
                       answer->body.find(": restored") != std::string::npos ||
                       answer->body.find(": removed") != std::string::npos;
  if (options.wait && changed && !options.dry_run) {
    if (const int code = wait_for_change(client, *before, options, command, console); code != kOk) {
      return code;
    }
  }
  if (!options.dry_run) {
    print_next("wasmgate get plugins", console);
  }
  return kOk;
}

}  // namespace

int apply_command(const ApplyOptions& options, Console& console) {
  config::Diagnostics problems;
  std::string body;
  for (const config::SourceText& file : read_paths(options.files, problems, console)) {
    body += "---\n" + file.text + (file.text.ends_with('\n') ? "" : "\n");
  }
  if (problems.has_errors()) {
    console.err << "wasmgate apply: " << problems.items().front().location.file << ": "
                << problems.items().front().message << "\n";
    return kNotFound;
  }
  return change("apply", body, options, console);
}

int delete_command(const DeleteOptions& options, Console& console) {
  if (!options.yes && !options.dry_run) {
    console.err << "wasmgate delete: add --yes to delete, or --dry-run to see what would go\n";
    return kUsage;
  }
  std::string kind = options.kind;
  std::transform(kind.begin(), kind.end(), kind.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  kind = kind == "plugin" ? "wasmplugin" : kind;
  const size_t slash = options.name.find('/');
  const std::string space = slash == std::string::npos ? "-" : options.name.substr(0, slash);
  const std::string name =
      slash == std::string::npos ? options.name : options.name.substr(slash + 1);
  return change("delete", kind + " " + space + " " + name, options, console);
}

int rollback_command(const RollbackOptions& options, Console& console) {
  return change("rollback", "", options, console);
}

}  // namespace wasmgate::cli
