#pragma once
// What the commands around images were asked for, as plain data.

#include <cstdint>
#include <string>
#include <vector>

namespace wasmgate::cli {

/// What all of them share.
struct TransferOptions {
  bool plain_http = false;        // speak plain http to the registries that are named
  int64_t timeout_seconds = 300;  // the whole command
  std::string digest_file;        // where to write the digest; empty: nowhere
  std::string output = "text";    // text, json
};

struct PackOptions {
  std::string source;  // a module, or a plug-in's folder
  std::string target;  // image-layout folder, or archive (*.tar); empty: "image" beside the module
  std::string layout = "compat";
  std::string tag = "latest";            // tag or full reference
  std::string spec;                      // empty: spec.yaml beside the module, if there
  std::string readme;                    // empty: README*.md beside the module, if there
  bool bare = false;                     // neither as layers of their own
  bool check = true;                     // refuse a module that the gateway cannot load
  std::vector<std::string> annotations;  // KEY=VALUE
  std::string digest_file;
  std::string output = "text";
};

struct PushOptions : TransferOptions {
  std::string source;  // layout folder, archive, module, or plug-in's folder
  std::string target;  // reference
  std::string image;   // which image of a layout; empty: the only one
  std::string layout = "compat";
  bool sign = false;
  std::string key;
};

struct PullOptions : TransferOptions {
  std::string source;  // reference; with `all`: the target folder
  std::string target;  // folder, *.tar, *.wasm; empty: a folder of the image's name
  bool all = false;
  std::vector<std::string> files;  // with `all`: configuration whose plug-ins are fetched
};

struct CopyOptions : TransferOptions {
  std::string source;  // reference, layout folder, archive
  std::string target;
  std::string image;
};

struct TagOptions : TransferOptions {
  std::string reference;
  std::string tag;
};

struct LoginOptions : TransferOptions {
  std::string host;
  std::string username;
  bool password_stdin = false;
};

struct LogoutOptions {
  std::string host;
  std::string output = "text";
};

struct SignOptions : TransferOptions {
  std::string reference;
  std::string key;
};

struct VerifyOptions : TransferOptions {
  std::string reference;
  std::string key;
};

struct DistributionOptions {
  PackOptions pack;
  PushOptions push;
  PullOptions pull;
  CopyOptions copy;
  TagOptions tag;
  LoginOptions login;
  LogoutOptions logout;
  SignOptions sign;
  VerifyOptions verify;
};

}  // namespace wasmgate::cli
