#include <array>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/progress.h"
#include "cli/registry_session.h"
#include "cli/result_printer.h"

namespace wasmgate::cli {
namespace {

constexpr size_t kPasswordBytes = 64 * 1024;

// These, for every registry.
class FixedCredentials final : public artifact::CredentialSource {
 public:
  explicit FixedCredentials(oci::Credentials credentials) : credentials_(std::move(credentials)) {}
  Result<oci::Credentials> find(const std::string&, const std::string&) override {
    return credentials_;
  }

 private:
  oci::Credentials credentials_;
};

// All of standard input, one line feed at the end left out.
Result<std::string> read_password(std::istream& in) {
  std::string out;
  std::array<char, 4096> block{};
  while (in.read(block.data(), block.size()) || in.gcount() != 0) {
    out.append(block.data(), static_cast<size_t>(in.gcount()));
    if (out.size() > kPasswordBytes) {
      return fail(ErrorCode::LimitExceeded, "the password is longer than 64 KiB",
                  ErrorSource::Config);
    }
  }
  if (out.ends_with('\n')) {
    out.pop_back();
  }
  if (out.ends_with('\r')) {
    out.pop_back();
  }
  if (out.empty()) {
    return fail(ErrorCode::InvalidArgument, "standard input has no password", ErrorSource::Config);
  }
  return out;
}

struct LoggedIn {
  std::string host;
  std::string where;
};

Result<LoggedIn> login(const LoginOptions& options, Progress& progress, std::istream& in) {
  auto host = parse_registry(options.host);
  auto password = host ? read_password(in) : tl::unexpected(host.error());
  if (!password) {
    return tl::unexpected(password.error());
  }
  const oci::Credentials credentials{options.username, *password, ""};
  progress.busy("asking " + *host);
  RegistrySession session(options, {*host});
  FixedCredentials fixed(credentials);
  if (auto let_in = session.registry_as(fixed)->check_login(*host); !let_in) {
    return tl::unexpected(let_in.error());
  }
  server::ProcessCredentialHelper helper;
  auto where = user_credentials(helper).store(*host, credentials);
  if (!where) {
    return tl::unexpected(where.error());
  }
  return LoggedIn{*host, *where};
}

}  // namespace

int login_command(const LoginOptions& options, Console& console) {
  Progress progress(console);
  auto done = login(options, progress, console.in);
  progress.finish();
  if (!done) {
    return report_failure("login", done.error(), console);
  }
  print_result({{"registry", "logged in", done->host},
                {"username", "user", options.username},
                {"store", "kept in", done->where}},
               options.output, console);
  print_next("wasmgate push SOURCE oci://" + done->host + "/REPOSITORY:TAG", console);
  return kOk;
}

int logout_command(const LogoutOptions& options, Console& console) {
  auto host = parse_registry(options.host);
  server::ProcessCredentialHelper helper;
  auto erased = host ? user_credentials(helper).erase(*host) : tl::unexpected(host.error());
  if (!erased) {
    return report_failure("logout", erased.error(), console);
  }
  if (!*erased) {
    return report_failure("logout",
                          Error(ErrorCode::NotFound, *host + ": nothing is kept for this registry"),
                          console);
  }
  print_result({{"registry", "logged out", *host}}, options.output, console);
  return kOk;
}

}  // namespace wasmgate::cli
