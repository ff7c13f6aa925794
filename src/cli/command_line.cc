#include "cli/command_line.h"

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/author_command_line.h"
#include "cli/change_command_line.h"
#include "cli/distribution_command_line.h"
#include "cli/parser_parts.h"
#include "cli/status_command_line.h"
#include "config/read/nearest.h"
#include "config/read/units.h"

namespace wasmgate::cli {
namespace {

constexpr const char* kFilesHelp = "file or folder with resources (*.yaml, *.yml, *.json)";
constexpr const char* kFilesOrInputHelp = "file or folder with resources; - is standard input";

// The parser and where its options are stored.
struct Tree {
  CLI::App app{"a cloud-native gateway that runs proxy-wasm plug-ins", "wasmgate"};
  Invocation values;
  std::vector<std::string> listen;
  std::string admin;
  std::string access_log;
  std::string log_level;
  int64_t workers = -1;
};

std::string check_listener(const std::string& text) {
  return parse_listener(text)
             ? ""
             : "\"" + text + "\" is not ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080";
}

std::string check_admin(const std::string& text) {
  if (text == "off") {
    return "";
  }
  const auto listener = parse_listener(text);
  in_addr v4{};
  const bool loopback = listener && (listener->address == "::1" ||
                                     (inet_pton(AF_INET, listener->address.c_str(), &v4) == 1 &&
                                      (ntohl(v4.s_addr) >> 24) == 127));
  return loopback ? "" : "\"" + text + "\" is not off, or ADDRESS:PORT with a loopback address";
}

// One value per -f, so that positionals may follow.
CLI::Option* files(CLI::App* command, std::vector<std::string>& target, const char* help) {
  return repeatable(command, "-f,--file", target, help, "PATH");
}

void add_run(Tree& t) {
  server::Options& o = t.values.run;
  CLI::App* c = add_command(t.app, "run", "run the gateway, or one plug-in with an echo upstream",
                            "wasmgate run -f conf/\n"
                            "wasmgate run -f conf/ --listen 0.0.0.0:80 --workers 4\n"
                            "wasmgate run plugin.wasm --config '{\"greeting\":\"hi\"}'\n"
                            "wasmgate run plugin.wasm --once --url /path -H 'x-user: me'\n"
                            "wasmgate run                        # the built-in demo");
  auto* given = files(c, o.paths, kFilesHelp)->envname("WASMGATE_FILE");
  add_run_plugin(c, t.values.author.run_plugin, given);
  repeatable(c, "--listen", t.listen,
             "where to listen, in place of the configured listeners; port 0: a free one",
             "ADDRESS:PORT")
      ->check(check_listener)
      ->envname("WASMGATE_LISTEN");
  c->add_option("--admin", t.admin,
                "where the admin pages are, on a loopback address; off: nowhere")
      ->type_name("ADDRESS:PORT|off")
      ->check(check_admin)
      ->envname("WASMGATE_ADMIN");
  number(c, "--workers", t.workers, "worker threads; 0: as many as cores", 0, 1024)
      ->envname("WASMGATE_WORKERS");
  c->add_option("--state-dir", o.state_dir, "folder for caches and state")
      ->type_name("PATH")
      ->envname("WASMGATE_STATE_DIR");
  one_of(c->add_option("--log-level", t.log_level, "least severe log lines that are written"),
         {"trace", "debug", "info", "warn", "error", "critical", "off"})
      ->envname("WASMGATE_LOG_LEVEL");
  c->add_option("--access-log", t.access_log, "where the access log goes")
      ->type_name("off|stdout|PATH")
      ->envname("WASMGATE_ACCESS_LOG");
  c->add_flag("--demo", o.demo, "start the demo's echo upstream too (Service demo/echo)");
  c->add_flag("--check", o.check_only, "only check the configuration, then exit");
  c->add_option("--port-file", o.port_file, "JSON file to write the bound addresses to, once ready")
      ->type_name("PATH");
}

void add_validate(Tree& t) {
  ValidateOptions& o = t.values.validate;
  CLI::App* c =
      add_command(t.app, "validate", "check configuration files; tells all errors at once",
                  "wasmgate validate -f conf/\n"
                  "wasmgate validate -f conf/ -o sarif > result.sarif\n"
                  "kustomize build . | wasmgate validate -f -");
  files(c, o.paths, kFilesOrInputHelp)->required();
  add_output(c, o.output, {"text", "json", "sarif", "github"});
  c->add_flag("--strict", o.strict, "warnings count as errors");
}

void add_explain(Tree& t) {
  ExplainOptions& o = t.values.explain;
  CLI::App* c =
      add_command(t.app, "explain", "tell which route, plug-ins and rules a request meets, and why",
                  "wasmgate explain -f conf/ http://shop.example.com/api/orders\n"
                  "wasmgate explain -f conf/ -o json shop.example.com/");
  files(c, o.paths, kFilesOrInputHelp)->required();
  c->add_option("URL", o.url, "http://host/path or host/path")->required();
  add_output(c, o.output, {"text", "json"});
}

void add_inspect(Tree& t) {
  InspectOptions& o = t.values.inspect;
  CLI::App* c = add_command(
      t.app, "inspect", "tell what a module is, needs, and why the gateway could not load it",
      "wasmgate inspect plugin.wasm\n"
      "wasmgate inspect my-plugin               # what was built of it\n"
      "wasmgate inspect --check plugin.wasm     # exit 1 when it cannot be loaded");
  c->add_option("PATH", o.file, "a WebAssembly module, or a plug-in's folder or name")->required();
  c->add_flag("--check", o.check, "print problems only");
  add_output(c, o.output, {"text", "json"});
}

void add_general(Tree& t) {
  CLI::App* version =
      add_command(t.app, "version", "tell the versions of the gateway and its engine",
                  "wasmgate version -o json");
  add_output(version, t.values.version_output, {"text", "json"});
  CLI::App* completion =
      add_command(t.app, "completion", "print a completion script for a shell",
                  "source <(wasmgate completion bash)\n"
                  "wasmgate completion zsh > ~/.zfunc/_wasmgate\n"
                  "wasmgate completion fish > ~/.config/fish/completions/wasmgate.fish");
  one_of(completion->add_option("SHELL", t.values.shell, "the shell"), {"bash", "zsh", "fish"})
      ->required();
  add_command(t.app, "man", "print the manual page", "wasmgate man | man -l -");
  t.app.add_subcommand("compile-module", "compile a module in a process of its own")->group("");
}

std::unique_ptr<Tree> make_tree() {
  auto tree = std::make_unique<Tree>();
  CLI::App& app = tree->app;
  app.footer(
      "wasmgate run -f conf/\n"
      "wasmgate validate -f conf/\n"
      "wasmgate explain -f conf/ http://shop.example.com/");
  app.set_help_flag("-h,--help", "show this help");
  app.add_flag("-V,--version")->description("show the version");
  one_of(app.add_option("--color", tree->values.color, "when to colour"),
         {"auto", "always", "never"});
  app.require_subcommand(0, 1);
  add_run(*tree);
  add_validate(*tree);
  add_explain(*tree);
  add_inspect(*tree);
  add_author_commands(app, tree->values.author);
  add_distribution_commands(app, tree->values.distribution);
  add_status_commands(app, tree->values.status);
  add_change_commands(app, tree->values.change);
  add_general(*tree);
  return tree;
}

OptionInfo option_info(const CLI::Option& option) {
  OptionInfo out;
  out.positional = option.get_positional();
  for (const std::string& name : option.get_snames()) {
    out.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    out.names.push_back("--" + name);
  }
  if (out.positional) {
    out.names = {option.get_name()};
  }
  out.value = option.get_type_size() == 0 ? "" : option.get_type_name();
  out.help = option.get_description();
  out.environment = option.get_envname();
  out.required = option.get_required();
  out.repeatable = option.get_items_expected_max() > 1;
  return out;
}

CommandInfo command_info(const CLI::App& app) {
  CommandInfo out;
  out.name = app.get_name();
  out.help = app.get_description();
  out.hidden = app.get_group().empty() && app.get_parent() != nullptr;
  std::istringstream examples(app.get_footer());
  for (std::string line; std::getline(examples, line);) {
    out.examples.push_back(line);
  }
  for (const CLI::Option* option : app.get_options()) {
    out.options.push_back(option_info(*option));
  }
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    out.commands.push_back(command_info(*sub));
  }
  return out;
}

const CLI::App* deepest(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? &app : deepest(*chosen.front());
}

std::string path_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name()
                                     : path_of(*app.get_parent()) + " " + app.get_name();
}

// "did you mean" for the first word that the parser did not take.
std::string unknown_word(const CLI::App& root) {
  const auto rest = root.remaining(true);
  const std::string word = rest.empty() ? "" : rest.front();
  const CLI::App& app = *deepest(root);
  const CommandInfo info = command_info(app);
  std::vector<std::string> known;
  const bool is_option = word.starts_with('-');
  for (const OptionInfo& option : info.options) {
    if (is_option && !option.positional) {
      known.insert(known.end(), option.names.begin(), option.names.end());
    }
  }
  for (const CommandInfo& command : info.commands) {
    if (!is_option && !command.hidden) {
      known.push_back(command.name);
    }
  }
  const std::string stem = word.substr(0, word.find('='));
  const std::string near = config::nearest(stem, known);
  std::string out = path_of(app) + ": unknown ";
  out += is_option ? "option" : info.commands.empty() ? "argument" : "command";
  out += " \"" + stem + "\"";
  return near.empty() ? out : out + "; did you mean \"" + near + "\"?";
}

void finish_run(Tree& t) {
  server::Options& o = t.values.run;
  for (const std::string& text : t.listen) {
    o.listeners.push_back(*parse_listener(text));
  }
  if (t.admin == "off") {
    o.admin_off = true;
  } else if (!t.admin.empty()) {
    o.admin = parse_listener(t.admin);
  }
  if (t.workers >= 0) {
    o.workers = static_cast<uint32_t>(t.workers);
  }
  if (!t.log_level.empty()) {
    o.log_level = *parse_log_level(t.log_level);
  }
  if (!t.access_log.empty()) {
    o.access_log = server::AccessLogOption{
        t.access_log != "off",
        t.access_log == "off" || t.access_log == "stdout" ? "" : t.access_log};
  }
}

std::string error_text(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App& app = *deepest(root);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    return unknown_word(root) + "\n";
  }
  return path_of(app) + ": " + error.what() + "\n";
}

}  // namespace

std::optional<config::Listener> parse_listener(const std::string& text) {
  const size_t colon = text.rfind(':');
  const auto port =
      colon == std::string::npos ? std::nullopt : config::parse_integer(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65'535 || text[colon + 1] == '-') {
    return std::nullopt;
  }
  std::string address = text.substr(0, colon);
  const bool v6 = address.size() > 2 && address.front() == '[' && address.back() == ']';
  address = v6 ? address.substr(1, address.size() - 2) : address;
  in6_addr parsed{};
  if (inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), &parsed) != 1) {
    return std::nullopt;
  }
  return config::Listener{address, static_cast<uint16_t>(*port)};
}

CommandInfo command_tree() { return command_info(make_tree()->app); }

Parsed parse_command_line(const std::vector<std::string>& words) {
  const auto tree = make_tree();
  CLI::App& app = tree->app;
  Parsed out;
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    const CLI::App& chosen = *deepest(app);
    out.help = help_text(command_info(chosen), path_of(chosen));
    return out;
  } catch (const CLI::ParseError& error) {
    out.error = error_text(app, error);
    return out;
  }
  if (app.get_option("--version")->count() != 0) {
    out.version = true;
    return out;
  }
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) {
    out.help = help_text(command_info(app), app.get_name());
    return out;
  }
  tree->values.command = chosen.front()->get_name();
  finish_run(*tree);
  out.invocation = tree->values;
  return out;
}

}  // namespace wasmgate::cli
