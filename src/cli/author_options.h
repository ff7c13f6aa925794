#pragma once
// What the command line says to the commands of plug-ins' authors.

#include <string>
#include <vector>

namespace wasmgate::cli {

/// Said when a plug-in runs with what its schema shows, because it needs fields and none were
/// given.
inline constexpr const char* kExampleNote =
    "configuration: the example of its spec.yaml; --config gives another\n";

struct NewOptions {
  std::string name;
  std::string language;  // "cpp", "rust"; empty: the SDK's that --dir lies in
  std::string template_name = "hello";
  std::string folder = ".";  // where the search for the SDK begins
  std::string sdk;           // for a plug-in outside a tree that has one; empty: the shipped one
};

struct BuildOptions {
  std::string path = ".";
  std::string abi;              // "0_2_1", "0_2_100"; empty: the plug-in's own
  std::string output = "text";  // text, json
};

struct TestOptions {
  std::string path = ".";
  bool native = false;          // only the tests on this machine; with `wasm`, or neither: both
  bool wasm = false;            // only the cases on the gateway
  std::string filter;           // cases whose path has this text; empty: all
  std::string junit;            // file for JUnit's XML; empty: none
  std::string output = "text";  // text, json
};

struct DevOptions {
  std::string path = ".";
  std::string config;    // as RunPluginOptions::config
  std::string upstream;  // as RunPluginOptions::upstream
  std::string listen = "127.0.0.1:8080";
  std::string admin = "off";
  std::string log_level = "info";
};

struct RunPluginOptions {
  std::string reference;             // empty: `run` is the daemon
  std::string config;                // JSON text or a file; empty: {}
  std::string upstream;              // ADDRESS:PORT; empty: the built-in echo server
  bool once = false;                 // send requests, tell what came of them, end
  std::string case_file;             // with the requests; empty: one request made of what follows
  std::string url = "/";             // a path, or http://host/path
  std::string method;                // empty: GET, or POST with a body
  std::vector<std::string> headers;  // "name: value"
  std::string body;
  std::string output = "text";
};

struct AuthorOptions {
  NewOptions create;
  BuildOptions build;
  TestOptions test;
  DevOptions dev;
  RunPluginOptions run_plugin;
};

}  // namespace wasmgate::cli
