#include "cli/distribution_command_line.h"

#include "cli/parser_parts.h"

namespace wasmgate::cli {
namespace {

constexpr const char* kReference = "oci://host/repository[:tag][@digest]; oci:// may be left out";
constexpr const char* kImageHelp = "which image of a layout that holds several: its tag or name";

void output(CLI::App* c, std::string& target) { add_output(c, target, {"text", "json"}); }

CLI::Option* layout(CLI::App* c, std::string& target) {
  return one_of(c->add_option("--layout", target, "form of the image (compat: all gateways)"),
                {"compat", "oci", "cncf"});
}

CLI::Option* path(CLI::App* c, const char* name, std::string& target, const char* help) {
  return c->add_option(name, target, help)->type_name("PATH");
}

void digest_file(CLI::App* c, std::string& target) {
  path(c, "--digest-file", target, "write the manifest's digest to this file");
}

void transfer(CLI::App* c, TransferOptions& o, bool with_digest = true) {
  c->add_flag("--plain-http", o.plain_http, "speak plain http to the registry");
  number(c, "--timeout", o.timeout_seconds, "seconds for the whole command", 1, 86'400)
      ->envname("WASMGATE_TIMEOUT");
  if (with_digest) {
    digest_file(c, o.digest_file);
  }
  output(c, o.output);
}

void add_pack(CLI::App& app, PackOptions& o) {
  CLI::App* c = add_command(app, "pack", "make an image of a plug-in",
                            "wasmgate pack extensions/my-plugin\n"
                            "wasmgate pack plugin.wasm image/ --tag 1.0.0\n"
                            "wasmgate pack plugin.wasm plugin.tar --layout cncf");
  c->add_option("SOURCE", o.source, "a module, or a folder with plugin.wasm")
      ->required()
      ->type_name("PATH");
  c->add_option("TARGET", o.target,
                "image-layout folder, or archive (*.tar); default: image/ beside the module");
  layout(c, o.layout);
  c->add_option("--tag", o.tag, "the image's tag or full name")->type_name("NAME");
  path(c, "--spec", o.spec, "spec.yaml to put in; default: the one beside the module");
  path(c, "--readme", o.readme, "README.md to put in; default: those beside the module");
  c->add_flag("--bare", o.bare, "no layers for spec.yaml and README");
  c->add_flag("!--no-check", o.check, "pack a module that the gateway cannot load too");
  repeatable(c, "--annotation", o.annotations, "annotation of the manifest", "KEY=VALUE");
  digest_file(c, o.digest_file);
  output(c, o.output);
}

void add_push(CLI::App& app, PushOptions& o) {
  CLI::App* c = add_command(
      app, "push", "put an image into a registry",
      "wasmgate push extensions/my-plugin/image oci://registry.example.com/team/my-plugin:1.0.0\n"
      "wasmgate push plugin.wasm oci://registry.example.com/team/my-plugin:1.0.0 --layout oci\n"
      "wasmgate push image/ oci://127.0.0.1:5000/my-plugin:1.0.0 --plain-http --sign --key k.pem");
  c->add_option("SOURCE", o.source,
                "image-layout folder, archive (*.tar), module (*.wasm) or plug-in's folder")
      ->required();
  c->add_option("TARGET", o.target, kReference)->required();
  c->add_option("--image", o.image, kImageHelp)->type_name("NAME");
  layout(c, o.layout);
  CLI::Option* sign = c->add_flag("--sign", o.sign, "sign it too");
  CLI::Option* key = path(c, "--key", o.key, "private key, PEM");
  sign->needs(key);
  key->needs(sign);
  transfer(c, o);
}

void add_pull(CLI::App& app, PullOptions& o) {
  CLI::App* c =
      add_command(app, "pull", "get an image from a registry",
                  "wasmgate pull oci://registry.example.com/team/my-plugin:1.0.0\n"
                  "wasmgate pull oci://registry.example.com/team/my-plugin:1.0.0 plugin.wasm\n"
                  "wasmgate pull --all -f conf/ preload/    # all plug-ins of a configuration");
  c->add_option("SOURCE", o.source, kReference);
  c->add_option("TARGET", o.target,
                "folder or *.tar: the image and its signatures; *.wasm: the module; default: a "
                "folder of the image's name");
  CLI::Option* all = c->add_flag(
      "--all", o.all, "all oci plug-ins of a configuration, into one folder (oci.preloadFolder)");
  repeatable(c, "-f,--file", o.files, "with --all: file or folder with resources", "PATH")
      ->needs(all);
  transfer(c, o);
}

void add_copy(CLI::App& app, CopyOptions& o) {
  CLI::App* c =
      add_command(app, "copy", "copy an image and its signatures between registries and layouts",
                  "wasmgate copy oci://registry.example.com/team/my-plugin:1.0.0 "
                  "oci://mirror.example.net/team/my-plugin:1.0.0\n"
                  "wasmgate copy oci://registry.example.com/team/my-plugin:1.0.0 preload/\n"
                  "wasmgate copy my-plugin.tar oci://mirror.example.net/team/my-plugin:1.0.0");
  c->add_option("SOURCE", o.source, "reference (oci://…), image-layout folder or archive")
      ->required();
  c->add_option("TARGET", o.target, "the same")->required();
  c->add_option("--image", o.image, kImageHelp)->type_name("NAME");
  transfer(c, o);
}

void add_tag(CLI::App& app, TagOptions& o) {
  CLI::App* c = add_command(app, "tag", "give an image of a registry another tag",
                            "wasmgate tag oci://registry.example.com/team/my-plugin:1.0.0 stable");
  c->add_option("REFERENCE", o.reference, kReference)->required();
  c->add_option("TAG", o.tag, "the new tag")->required();
  transfer(c, o);
}

void add_login(CLI::App& app, LoginOptions& o) {
  CLI::App* c = add_command(
      app, "login", "check a user and password at a registry and keep them in Docker's store",
      "pass show registry | wasmgate login registry.example.com -u me --password-stdin");
  c->add_option("REGISTRY", o.host, "host[:port]")->required();
  c->add_option("-u,--username", o.username, "the user")->type_name("NAME")->required();
  c->add_flag("--password-stdin", o.password_stdin, "read the password from standard input")
      ->required();
  transfer(c, o, false);
}

void add_logout(CLI::App& app, LogoutOptions& o) {
  CLI::App* c = add_command(app, "logout", "forget what login kept for a registry",
                            "wasmgate logout registry.example.com");
  c->add_option("REGISTRY", o.host, "host[:port]")->required();
  output(c, o.output);
}

void add_sign(CLI::App& app, SignOptions& o) {
  CLI::App* c =
      add_command(app, "sign", "sign an image of a registry (cosign's form)",
                  "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k.pem\n"
                  "wasmgate sign oci://registry.example.com/team/my-plugin@sha256:… --key k.pem");
  c->add_option("REFERENCE", o.reference, kReference)->required();
  path(c, "--key", o.key, "private key, PEM: ECDSA, RSA or Ed25519")->required();
  transfer(c, o);
}

void add_verify(CLI::App& app, VerifyOptions& o) {
  CLI::App* c =
      add_command(app, "verify", "check that an image of a registry is signed by one of some keys",
                  "openssl pkey -in k.pem -pubout -out k.pub\n"
                  "wasmgate verify oci://registry.example.com/team/my-plugin:1.0.0 --key k.pub");
  c->add_option("REFERENCE", o.reference, kReference)->required();
  path(c, "--key", o.key, "public keys, PEM, one or more in the file")->required();
  transfer(c, o);
}

}  // namespace

void add_distribution_commands(CLI::App& app, DistributionOptions& options) {
  add_pack(app, options.pack);
  add_push(app, options.push);
  add_pull(app, options.pull);
  add_copy(app, options.copy);
  add_tag(app, options.tag);
  add_login(app, options.login);
  add_logout(app, options.logout);
  add_sign(app, options.sign);
  add_verify(app, options.verify);
}

}  // namespace wasmgate::cli
