#pragma once
// What the commands that look at a running gateway were asked for.

#include <string>

namespace wasmgate::cli {

/// Where the running gateway is seen.
struct StatusSource {
  std::string admin = "127.0.0.1:8081";  // ADDRESS:PORT of its admin pages
  std::string state_dir;                 // not empty: the status file of this folder instead
};

struct GetOptions {
  StatusSource from;
  std::string kind;              // "plugins"
  std::string name;              // empty: all
  std::string output = "table";  // table, wide, json, yaml, name
  bool no_headers = false;
};

struct DescribeOptions {
  StatusSource from;
  std::string kind;  // "plugin"
  std::string name;
};

struct StatusOptions {
  GetOptions get;
  DescribeOptions describe;
};

}  // namespace wasmgate::cli
