#pragma once
// Lists as commands print them: tables for people, JSON and YAML for programs.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/console.h"

namespace wasmgate::cli {

using TableRow = std::vector<std::string>;

/// Columns padded to their widest cell, three spaces between; empty cells become "-".
std::string table_text(const TableRow& headers, const std::vector<TableRow>& rows,
                       bool with_headers);

/// JSON with two spaces of indentation and a last line feed.
std::string json_text(const nlohmann::ordered_json& value);

/// The same value as block-style YAML; texts are quoted as in JSON, which YAML reads too.
std::string yaml_text(const nlohmann::ordered_json& value);

}  // namespace wasmgate::cli
