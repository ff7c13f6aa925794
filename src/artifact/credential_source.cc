#include "artifact/credential_source.h"

#include <filesystem>

#include "artifact/file_io.h"
#include "oci/docker_config.h"

namespace wasmgate::artifact {
namespace {

constexpr size_t kFileBytes = 1024 * 1024;

Result<oci::DockerConfig> load(const std::string& path) {
  auto text = read_whole_file(path, kFileBytes);
  if (!text) {
    if (text.error().code == ErrorCode::NotFound) {
      return oci::DockerConfig::parse("");
    }
    return tl::unexpected(text.error());
  }
  auto config = oci::DockerConfig::parse(*text);
  if (!config) {
    return fail(config.error().code, path + ": " + config.error().detail, ErrorSource::Config);
  }
  return config;
}

}  // namespace

Result<oci::Credentials> SecretCredentials::find(const std::string& host,
                                                 const std::string& repository) {
  auto config = oci::DockerConfig::parse(text_);
  if (!config) {
    return tl::unexpected(config.error());
  }
  auto found = config->find(host, repository);
  if (!found) {
    return tl::unexpected(found.error());
  }
  return found->value_or(oci::Credentials{});
}

std::vector<std::string> credential_files(const Environment& environment) {
  std::vector<std::string> out;
  const std::string home = environment("HOME");
  const auto add = [&](const std::string& folder, const char* rest) {
    if (!folder.empty()) {
      out.push_back(folder + rest);
    }
  };
  if (const std::string docker = environment("DOCKER_CONFIG"); !docker.empty()) {
    out.push_back(docker + "/config.json");
  } else {
    add(home, "/.docker/config.json");
  }
  add(environment("REGISTRY_AUTH_FILE"), "");
  add(environment("XDG_RUNTIME_DIR"), "/containers/auth.json");
  const std::string config = environment("XDG_CONFIG_HOME");
  add(config.empty() && !home.empty() ? home + "/.config" : config, "/containers/auth.json");
  return out;
}

Result<oci::Credentials> StoredCredentials::find(const std::string& host,
                                                 const std::string& repository) {
  for (const std::string& path : files_) {
    auto config = load(path);
    if (!config) {
      return tl::unexpected(config.error());
    }
    if (const auto name = config->helper_for(host)) {
      auto answer = helper_.run(*name, "get", oci::credential_key(host));
      if (answer) {
        return oci::read_helper_answer(*answer);
      }
      if (answer.error().code != ErrorCode::NotFound) {
        return tl::unexpected(answer.error());
      }
    }
    auto found = config->find(host, repository);
    if (!found) {
      return fail(found.error().code, path + ": " + found.error().detail, ErrorSource::Config);
    }
    if (*found) {
      return std::move(**found);
    }
  }
  return oci::Credentials{};
}

Result<std::string> StoredCredentials::store(const std::string& host,
                                             const oci::Credentials& credentials) {
  if (files_.empty()) {
    return fail(ErrorCode::NotFound, "no home folder: set DOCKER_CONFIG", ErrorSource::Config);
  }
  auto config = load(files_.front());
  if (!config) {
    return tl::unexpected(config.error());
  }
  if (const auto name = config->helper_for(host)) {
    auto stored = helper_.run(*name, "store", oci::helper_store_request(host, credentials));
    if (!stored) {
      return tl::unexpected(stored.error());
    }
    return "docker-credential-" + *name;
  }
  config->set(host, credentials);
  if (auto made = make_folders(std::filesystem::path(files_.front()).parent_path().string(), 0700);
      !made) {
    return tl::unexpected(made.error());
  }
  if (auto written = write_file(files_.front(), config->to_text(), 0600); !written) {
    return tl::unexpected(written.error());
  }
  return files_.front();
}

Result<bool> StoredCredentials::erase(const std::string& host) {
  bool any = false;
  for (const std::string& path : files_) {
    auto config = load(path);
    if (!config) {
      return tl::unexpected(config.error());
    }
    if (const auto name = config->helper_for(host)) {
      any = helper_.run(*name, "erase", oci::credential_key(host)).has_value() || any;
    }
    if (config->erase(host)) {
      if (auto written = write_file(path, config->to_text(), 0600); !written) {
        return tl::unexpected(written.error());
      }
      any = true;
    }
  }
  return any;
}

}  // namespace wasmgate::artifact
