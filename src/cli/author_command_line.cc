#include "cli/author_command_line.h"

#include "author/plugin_template.h"
#include "cli/command_line.h"
#include "cli/parser_parts.h"

namespace wasmgate::cli {
namespace {

constexpr const char* kPathHelp = "the plug-in: its folder, a file in it, or its name";
constexpr const char* kConfigHelp =
    "the plug-in's configuration: a JSON object, or a file with YAML or JSON";

CLI::Option* add_upstream(CLI::App* command, std::string& target) {
  return command
      ->add_option("--upstream", target,
                   "the service behind the plug-in; an echo server when not given")
      ->type_name("ADDRESS:PORT")
      ->check([](const std::string& text) {
        return parse_listener(text)
                   ? std::string()
                   : "\"" + text + "\" is not ADDRESS:PORT, such as 127.0.0.1:3000";
      });
}

void add_new(CLI::App& app, NewOptions& o) {
  CLI::App* c = add_command(app, "new", "make a plug-in that builds and has tests",
                            "wasmgate new my-plugin --lang rust\n"
                            "wasmgate new my_auth --lang cpp --template auth --dir ~/src");
  c->add_option("NAME", o.name, "lower-case letters, digits, - and _")->required();
  one_of(c->add_option("--lang", o.language, "its language; in an SDK's folder that one's"),
         {"cpp", "rust"});
  std::vector<std::string> words;
  for (const author::TemplateInfo& info : author::templates()) {
    words.emplace_back(info.name);
  }
  one_of(c->add_option("--template", o.template_name, "what it starts from"), words);
  c->add_option("--dir", o.folder,
                "a folder of the tree whose SDK gets the plug-in, or that gets it as a project of "
                "its own; the current one when not given")
      ->type_name("PATH");
  c->add_option("--sdk", o.sdk,
                "the SDK of a project of its own; the one shipped with this program when not given")
      ->type_name("PATH")
      ->envname("WASMGATE_SDK");
}

void add_build(CLI::App& app, BuildOptions& o) {
  CLI::App* c = add_command(app, "build",
                            "build a plug-in's module, and refuse what the gateway would refuse",
                            "wasmgate build                          # in the plug-in's folder\n"
                            "wasmgate build my-plugin -o json");
  c->add_option("PATH", o.path, kPathHelp);
  one_of(c->add_option("--abi", o.abi, "the ABI's version; the plug-in's own when not given"),
         {"0_2_1", "0_2_100"});
  add_output(c, o.output, {"text", "json"});
}

void add_test(CLI::App& app, TestOptions& o) {
  CLI::App* c = add_command(app, "test", "run a plug-in's own tests, and its cases on the gateway",
                            "wasmgate test                           # in the plug-in's folder\n"
                            "wasmgate test my-plugin --wasm --junit report.xml");
  c->add_option("PATH", o.path, kPathHelp);
  c->add_flag("--native", o.native,
              "only what runs on this machine: unit tests, and the cases in the simulator");
  c->add_flag("--wasm", o.wasm, "only the cases, with the module on the gateway");
  c->add_option("--filter", o.filter, "only cases whose path has this text")->type_name("TEXT");
  c->add_option("--junit", o.junit, "file to write the results to as JUnit's XML")
      ->type_name("PATH");
  add_output(c, o.output, {"text", "json"});
}

void add_dev(CLI::App& app, DevOptions& o) {
  CLI::App* c =
      add_command(app, "dev", "serve a plug-in, and build and swap it in when its sources change",
                  "wasmgate dev                            # in the plug-in's folder\n"
                  "wasmgate dev my-plugin --config config.yaml --upstream 127.0.0.1:3000");
  c->add_option("PATH", o.path, kPathHelp);
  c->add_option("--config", o.config, kConfigHelp)->type_name("FILE|JSON");
  add_upstream(c, o.upstream);
  c->add_option("--listen", o.listen, "where to listen; port 0: a free one")
      ->type_name("ADDRESS:PORT");
  c->add_option("--admin", o.admin, "where the admin pages are; off: nowhere")
      ->type_name("ADDRESS:PORT|off");
  one_of(c->add_option("--log-level", o.log_level, "least severe log lines of the gateway"),
         {"trace", "debug", "info", "warn", "error", "critical", "off"});
}

}  // namespace

void add_author_commands(CLI::App& app, AuthorOptions& values) {
  add_new(app, values.create);
  add_build(app, values.build);
  add_test(app, values.test);
  add_dev(app, values.dev);
}

void add_run_plugin(CLI::App* run, RunPluginOptions& values, CLI::Option* files) {
  CLI::Option* reference = run->add_option(
      "REF", values.reference,
      "one plug-in: a .wasm file, a plug-in's or image layout's folder, or oci://HOST/NAME:TAG");
  reference->excludes(files);
  run->add_option("--config", values.config, kConfigHelp)->type_name("FILE|JSON")->needs(reference);
  CLI::Option* upstream = add_upstream(run, values.upstream)->needs(reference);
  CLI::Option* once =
      run->add_flag("--once", values.once,
                    "send one request, or those of a case file, tell what came of it, and end")
          ->needs(reference)
          ->excludes(upstream);
  CLI::Option* case_file =
      run->add_option("--request", values.case_file, "case file with the requests")
          ->type_name("FILE")
          ->needs(once);
  run->add_option("--url", values.url, "the request's path, or http://host/path")
      ->type_name("URL")
      ->needs(once)
      ->excludes(case_file);
  run->add_option("-X,--method", values.method, "the request's method; GET, or POST with --body")
      ->type_name("METHOD")
      ->needs(once)
      ->excludes(case_file);
  repeatable(run, "-H,--header", values.headers, "a header of the request", "NAME:VALUE")
      ->needs(once)
      ->excludes(case_file);
  run->add_option("--body", values.body, "the request's body")
      ->type_name("TEXT")
      ->needs(once)
      ->excludes(case_file);
  one_of(run->add_option("-o,--output", values.output, "form of the result of --once"),
         {"text", "json"})
      ->needs(once);
}

}  // namespace wasmgate::cli
