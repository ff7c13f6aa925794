#pragma once
// What the commands that change a running gateway were asked for.

#include <cstdint>
#include <string>
#include <vector>

namespace wasmgate::cli {

/// What they share.
struct ChangeTarget {
  std::string state_dir;  // of the gateway; empty: its default
  bool dry_run = false;   // check only
  bool wait = false;      // until the change serves
  int64_t timeout_seconds = 30;
};

struct ApplyOptions : ChangeTarget {
  std::vector<std::string> files;  // files, folders, "-"
};

struct DeleteOptions : ChangeTarget {
  std::string kind;
  std::string name;  // "name" or "namespace/name"
  bool yes = false;
};

struct RollbackOptions : ChangeTarget {};

struct ChangeOptions {
  ApplyOptions apply;
  DeleteOptions remove;
  RollbackOptions rollback;
};

}  // namespace wasmgate::cli
