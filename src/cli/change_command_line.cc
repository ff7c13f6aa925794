#include "cli/change_command_line.h"

#include "cli/parser_parts.h"

namespace wasmgate::cli {
namespace {

void target(CLI::App* c, ChangeTarget& o) {
  c->add_flag("--dry-run", o.dry_run, "check only; change nothing");
  c->add_flag("--wait", o.wait, "until the change serves, or is refused");
  number(c, "--timeout", o.timeout_seconds, "seconds to wait", 1, 3'600);
  c->add_option("--state-dir", o.state_dir, "the gateway's folder for caches and state")
      ->type_name("PATH")
      ->envname("WASMGATE_STATE_DIR");
}

}  // namespace

void add_change_commands(CLI::App& app, ChangeOptions& options) {
  CLI::App* apply =
      add_command(app, "apply", "put resources into a running gateway's first -f folder",
                  "wasmgate apply -f plugin.yaml\n"
                  "wasmgate apply -f plugin.yaml --wait\n"
                  "kustomize build . | wasmgate apply -f - --dry-run");
  repeatable(apply, "-f,--file", options.apply.files,
             "file or folder with resources; - is standard input", "PATH")
      ->required();
  target(apply, options.apply);

  CLI::App* remove =
      add_command(app, "delete", "take a resource out of a running gateway's first -f folder",
                  "wasmgate delete wasmplugin request-block --yes\n"
                  "wasmgate delete ingress default/foo --yes --wait");
  remove->add_option("KIND", options.remove.kind, "such as wasmplugin, ingress, service")
      ->required();
  remove->add_option("NAME", options.remove.name, "its name, or namespace/name")->required();
  remove->add_flag("--yes", options.remove.yes, "needed: nothing is deleted without it");
  target(remove, options.remove);

  CLI::App* rollback =
      add_command(app, "rollback", "bring back the configuration that served before this one",
                  "wasmgate rollback --dry-run\n"
                  "wasmgate rollback --wait");
  target(rollback, options.rollback);
}

}  // namespace wasmgate::cli
