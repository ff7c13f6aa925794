#include "cli/status_command_line.h"

#include "cli/parser_parts.h"

namespace wasmgate::cli {
namespace {

void source(CLI::App* c, StatusSource& from) {
  c->add_option("--admin", from.admin, "where the gateway's admin pages are")
      ->type_name("ADDRESS:PORT")
      ->envname("WASMGATE_ADMIN");
  c->add_option("--state-dir", from.state_dir,
                "read the status file of this folder instead; the gateway may be down")
      ->type_name("PATH");
}

void add_get(CLI::App& app, GetOptions& o) {
  CLI::App* c = add_command(app, "get", "list what a running gateway has, with its state",
                            "wasmgate get plugins\n"
                            "wasmgate get plugins -o wide\n"
                            "wasmgate get plugins higress-system/request-block -o json");
  one_of(c->add_option("KIND", o.kind, "what to list"), {"plugins", "plugin"})->required();
  c->add_option("NAME", o.name, "one of them, with or without its namespace");
  one_of(c->add_option("-o,--output", o.output, "form of the result"),
         {"table", "wide", "json", "yaml", "name"});
  c->add_flag("--no-headers", o.no_headers, "no line of column names");
  source(c, o.from);
}

void add_describe(CLI::App& app, DescribeOptions& o) {
  CLI::App* c = add_command(app, "describe", "tell all about one resource of a running gateway",
                            "wasmgate describe plugin request-block");
  one_of(c->add_option("KIND", o.kind, "what it is"), {"plugin", "plugins"})->required();
  c->add_option("NAME", o.name, "its name, with or without its namespace")->required();
  source(c, o.from);
}

}  // namespace

void add_status_commands(CLI::App& app, StatusOptions& options) {
  add_get(app, options.get);
  add_describe(app, options.describe);
}

}  // namespace wasmgate::cli
