#pragma once
// How commands print what they found, and how they fail: the same looks for all of them.

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/console.h"

namespace wasmgate::cli {

struct ResultField {
  std::string key;    // in JSON
  std::string label;  // in text; empty: JSON only
  std::string value;  // empty: left out of text
};

/// `output`: "text" (a line per field) or "json" (one object of strings).
void print_result(const std::vector<ResultField>& fields, const std::string& output,
                  Console& console);

/// "wasmgate push: …" to standard error. Returns the exit code for the error: see exit_codes.h.
int report_failure(const std::string& command, const Error& error, Console& console);

/// The exit code that a kind of error has.
int exit_code_of(ErrorCode code);

/// "next:   wasmgate …" to standard error, the last line of a command that changed something.
void print_next(const std::string& command_line, Console& console);

/// Writes `digest` and a line feed to `file` when it is not empty.
Result<void> write_digest_file(const std::string& file, const std::string& digest);

}  // namespace wasmgate::cli
