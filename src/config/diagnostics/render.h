#pragma once
// Diagnostics as text for people and machines. Text shows the source line with a caret; JSON,
// SARIF 2.1.0 and GitHub workflow commands carry the same findings. Text from files is escaped, so
// that no file can forge a line.

#include <cstddef>
#include <span>
#include <string>

#include "config/diagnostics/diagnostics.h"
#include "config/load.h"

namespace wasmgate::config {

/// `file:line:column: error: path: message`, the source line, a caret, and notes. `sources`: for
/// the source lines; may lack files.
std::string render_text(const Diagnostics& diagnostics, std::span<const SourceText> sources,
                        bool color = false);

/// The closing line: "1 error, 2 warnings in 2 files\n". `files`: how many were read.
std::string render_summary(const Diagnostics& diagnostics, size_t files);

/// {"diagnostics":[{severity,rule,file,line,column,endLine,endColumn,path,message,found,expected,hint}],"errors":1,"warnings":2}.
std::string render_json(const Diagnostics& diagnostics);

/// One SARIF 2.1.0 run of the tool "wasmgate".
std::string render_sarif(const Diagnostics& diagnostics);

/// One GitHub annotation command per line: `::error file=…,line=…,col=…,title=…::message`.
std::string render_github(const Diagnostics& diagnostics);

/// The message with path, found and expected as one line: "spec.url: expected string, got number".
std::string full_message(const Diagnostic& diagnostic);

}  // namespace wasmgate::config
