#pragma once
// Cases for the SDKs' simulators: the plug-in's native tests read them from a file and report into
// another (common/testing/case_files.cc, src/testing/cases.rs).

#include <string>
#include <vector>

#include "author/case_file.h"
#include "author/test_result.h"

namespace wasmgate::author {

/// Why the simulators cannot run a case; empty when they can. They have no network, repair nothing,
/// and take texts only.
std::string not_native(const CaseFile& file);

/// The cases as the simulators read them.
std::string native_cases(const std::vector<CaseFile>& files);

/// The results in a report: a JSON object a line, {"name","messages"}. Lines that are none are left
/// out.
std::vector<TestResult> read_native_report(const std::string& text);

}  // namespace wasmgate::author
