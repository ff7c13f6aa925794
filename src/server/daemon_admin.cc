// The daemon's part for people and their tools: admin pages, admin socket, status file, kept
// generations.

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "server/daemon.h"
#include "server/file_io.h"

namespace wasmgate::server {
namespace {

constexpr size_t kAdminConnections = 16;
constexpr auto kStatusInterval = std::chrono::seconds(5);
constexpr auto kStatusDelay = std::chrono::milliseconds(100);  // many reloads, one file

}  // namespace

// The changing verbs. Without the socket the gateway serves all the same.
void Daemon::start_admin_socket() {
  auto socket = listen_unix(admin_socket_path(state_folder(options_.state_dir)));
  if (!socket) {
    logger_->warn("no admin socket: {}", socket.error().detail);
    return;
  }
  admin_socket_ =
      std::make_unique<SmallServer>(loop_, *logger_, std::move(*socket), kAdminConnections,
                                    [this](const http::HeaderMap& headers, std::string_view body) {
                                      return answer_admin_socket(headers, body);
                                    });
}

SmallReply Daemon::answer_admin_socket(const http::HeaderMap& headers,
                                       std::string_view body) const {
  const std::string_view method = headers.get(http::kMethod).value_or("");
  const std::string_view target = headers.get(http::kPath).value_or("");
  if (method == "GET" && target == "/status") {
    return {200, status_text(admin_state()), {{"content-type", "application/json"}}};
  }
  SmallReply reply = answer_change(method, target, body, {options_.paths, builtin_, kept_});
  logger_->info("admin socket: {} {}: {}", method, target, reply.status);
  return reply;
}

void Daemon::offer(config::Model model) {
  auto shared = std::make_shared<const config::Model>(std::move(model));
  std::vector<config::SourceText> files;
  std::error_code error;
  if (!options_.paths.empty() && std::filesystem::is_directory(options_.paths.front(), error)) {
    const std::string& folder = options_.paths.front();
    const std::string prefix = folder.ends_with('/') ? folder : folder + "/";
    std::copy_if(sources_.begin(), sources_.end(), std::back_inserter(files),
                 [&](const config::SourceText& file) { return file.path.starts_with(prefix); });
  }
  offered_.emplace_back(shared, std::move(files));
  publisher_->publish(std::move(shared));
}

// What serves now can be brought back later: the texts that it was read from, not those that are
// there by now.
void Daemon::keep_generation() {
  const auto served = std::find_if(offered_.begin(), offered_.end(), [this](const auto& offer) {
    return offer.first == published_.model;
  });
  if (served == offered_.end()) {
    return;  // the same model again
  }
  if (!served->second.empty()) {
    if (const auto kept = kept_.keep(served->second); !kept) {
      logger_->warn("kept generations: {}", kept.error().detail);
    }
  }
  offered_.erase(offered_.begin(), served + 1);
}

bool Daemon::start_admin(const config::Model& model) {
  start_admin_socket();
  if (!model.gateway.admin_enabled) {
    return true;
  }
  const config::Listener& at = model.gateway.admin;
  auto address = net::Address::parse(at.address, at.port);
  auto socket = address ? net::listen_tcp(*address, false) : tl::unexpected(address.error());
  if (!socket) {
    logger_->error("cannot listen on {}:{} for admin pages: {}", at.address, at.port,
                   socket.error().detail);
    return false;
  }
  admin_ = std::make_unique<SmallServer>(
      loop_, *logger_, std::move(*socket), kAdminConnections,
      [this](const http::HeaderMap& headers, std::string_view) { return answer_admin(headers); });
  return true;
}

AdminState Daemon::admin_state() const {
  return {ready_, draining_, refused_text_, published_, metrics_, clock_};
}

SmallReply Daemon::answer_admin(const http::HeaderMap& headers) const {
  return admin_page(admin_state(), headers);
}

void Daemon::write_status_soon() { status_timer_.arm(kStatusDelay); }

// status.json of the state folder: written when it says something new, looked at every few seconds
// because health changes by itself.
void Daemon::write_status() {
  if (std::string text = status_text(admin_state()); text != status_written_) {
    const std::string path = state_folder(options_.state_dir) + "/status.json";
    if (const auto written = write_file_atomically(path, text, 0644); !written) {
      logger_->warn("status file: {}", written.error().detail);
    }
    status_written_ = std::move(text);
  }
  status_timer_.arm(kStatusInterval);
}

}  // namespace wasmgate::server
