// `run REF --once`: requests through one plug-in on a gateway of its own, and what client and
// upstream saw of each.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "author/case_run.h"
#include "cli/author_options.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "server/file_io.h"

namespace wasmgate::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kOnceCaseBytes = 16ULL * 1024 * 1024;
constexpr size_t kShownBodyBytes = 4096;

// "http://host/path", "host/path" is a path, as in a request's first line.
void set_once_url(const std::string& url, author::CaseRequest& request) {
  const std::string scheme = "http://";
  if (!url.starts_with(scheme)) {
    request.path = url.starts_with('/') ? url : "/" + url;
    return;
  }
  const size_t slash = url.find('/', scheme.size());
  request.host = url.substr(scheme.size(), slash - scheme.size());
  request.path = slash == std::string::npos ? "/" : url.substr(slash);
}

Result<author::CaseFile> once_request(const RunPluginOptions& options) {
  author::CaseRequest request;
  set_once_url(options.url, request);
  for (const std::string& header : options.headers) {
    const size_t colon = header.find(':');
    if (colon == 0 || colon == std::string::npos) {
      return fail(ErrorCode::InvalidArgument, "\"" + header + "\" is not NAME: VALUE");
    }
    const size_t value = header.find_first_not_of(" \t", colon + 1);
    std::string name = header.substr(0, colon);
    std::string text = value == std::string::npos ? "" : header.substr(value);
    if (name == "host" || name == "Host") {
      request.host = std::move(text);
    } else {
      request.headers.emplace_back(std::move(name), std::move(text));
    }
  }
  if (!options.body.empty()) {
    request.body = options.body;
  }
  request.method = !options.method.empty() ? options.method : request.body ? "POST" : "GET";
  author::CaseFile file;
  file.upstream.headers = {{"content-type", "text/plain"}};
  file.upstream.body = "hello from upstream\n";
  file.requests.push_back(std::move(request));
  return file;
}

Result<author::CaseFile> once_file(const RunPluginOptions& options) {
  if (options.case_file.empty()) {
    return once_request(options);
  }
  const auto text = server::read_file(options.case_file, kOnceCaseBytes);
  return text ? author::parse_case(options.case_file, *text) : tl::unexpected(text.error());
}

std::string method_and_path(const author::HeaderPairs& headers) {
  std::string method;
  std::string path;
  for (const auto& [name, value] : headers) {
    method = name == ":method" ? value : method;
    path = name == ":path" ? value : path;
  }
  return method + " " + path;
}

void print_seen(const std::string& first, const author::HeaderPairs& headers,
                const std::string& body, Console& console) {
  console.out << first << "\n";
  for (const auto& [name, value] : headers) {
    if (name == ":authority") {
      console.out << "  host: " << value << "\n";
    } else if (!name.starts_with(':')) {
      console.out << "  " << name << ": " << value << "\n";
    }
  }
  if (!body.empty()) {
    const bool cut = body.size() > kShownBodyBytes;
    console.out << "\n  " << body.substr(0, kShownBodyBytes)
                << (cut ? fmt::format("… ({} bytes)", body.size()) : "")
                << (body.ends_with('\n') && !cut ? "" : "\n");
  }
}

void print_exchanges(const author::CaseFile& file,
                     const std::vector<author::CaseExchange>& exchanges, Console& console) {
  for (size_t i = 0; i < exchanges.size(); ++i) {
    const author::CaseRequest& request = file.requests[i];
    console.out << (i == 0 ? "" : "\n") << "request   " << request.method << " " << request.path
                << "\n";
    for (const author::SeenMessage& seen : exchanges[i].upstream) {
      print_seen("upstream  " + method_and_path(seen.headers), seen.headers, seen.body, console);
    }
    if (exchanges[i].upstream.empty()) {
      console.out << "upstream  saw nothing\n";
    }
    const auto& response = exchanges[i].response;
    if (response) {
      print_seen(fmt::format("response  {}", response->status), response->headers, response->body,
                 console);
    } else {
      console.out << "response  none: " << response.error().detail << "\n";
    }
  }
}

Json message_json(const author::SeenMessage& message) {
  Json headers = Json::array();
  for (const auto& [name, value] : message.headers) {
    headers.push_back({name, value});
  }
  Json out = {{"headers", std::move(headers)}, {"body", message.body}};
  if (message.status != 0) {
    out["status"] = message.status;
  }
  return out;
}

void print_exchanges_json(const author::CaseFile& file,
                          const std::vector<author::CaseExchange>& exchanges, Console& console) {
  Json out = Json::array();
  for (size_t i = 0; i < exchanges.size(); ++i) {
    const author::CaseRequest& request = file.requests[i];
    Json upstream = Json::array();
    for (const author::SeenMessage& seen : exchanges[i].upstream) {
      upstream.push_back(message_json(seen));
    }
    const auto& response = exchanges[i].response;
    out.push_back({{"method", request.method},
                   {"path", request.path},
                   {"upstream", std::move(upstream)},
                   {"response", response ? message_json(*response) : Json()}});
  }
  console.out << out.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

// As the gateway's log tells it.
bool plugin_broke(const std::string& log) {
  const size_t at = log.find(" broke (");
  return at != std::string::npos && log.rfind("plug-in ", at) != std::string::npos;
}

int refuse_once(const Error& error, Console& console) {
  console.err << "wasmgate run: " << error.detail << "\n";
  return error.code == ErrorCode::NotFound          ? kNotFound
         : error.code == ErrorCode::InvalidArgument ? kInvalidConfiguration
                                                    : kFailed;
}

}  // namespace

int once_command(const RunPluginOptions& options, const author::PluginSource& plugin,
                 Console& console) {
  auto file = once_file(options);
  if (!file) {
    return refuse_once(file.error(), console);
  }
  if (!options.config.empty() || options.case_file.empty()) {
    auto trial = author::config_to_try(options.config, plugin.module());
    if (!trial) {
      return refuse_once(trial.error(), console);
    }
    if (trial->is_example) {
      console.err << kExampleNote;
    }
    file->config = std::move(trial->config);
  }
  const auto logger = make_stderr_logger(LogLevel::Warn);
  const auto runner = author::CaseRunner::make(*logger);
  if (!runner) {
    return refuse_once(runner.error(), console);
  }
  std::string log;
  const auto exchanges = (*runner)->record(*file, plugin, log);
  if (!exchanges) {
    return refuse_once(exchanges.error(), console);
  }
  options.output == "json" ? print_exchanges_json(*file, *exchanges, console)
                           : print_exchanges(*file, *exchanges, console);
  console.err << log;
  bool answered = true;
  for (const author::CaseExchange& one : *exchanges) {
    answered = answered && one.response.has_value();
  }
  return plugin_broke(log) ? kPluginBroke : answered ? kOk : kFailed;
}

}  // namespace wasmgate::cli
