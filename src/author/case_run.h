#pragma once
// Runs case files on the production gateway: for each file a gateway as a child process with the
// plug-in's module, before an upstream that answers as the file says.

#include <memory>

#include "author/case_file.h"
#include "author/case_upstream.h"
#include "author/temporary_folder.h"
#include "author/test_result.h"

namespace wasmgate::author {

class CaseRunner {
 public:
  /// Errors: of the temporary folder and the upstream's listener. `logger` outlives the runner.
  static Result<std::unique_ptr<CaseRunner>> make(Logger& logger);

  /// Runs one file on the module at `module`. A file whose needs this runner lacks (tls, redis) is
  /// skipped.
  TestResult run(const CaseFile& file, const std::string& module);

 private:
  CaseRunner(TemporaryFolder folder, std::unique_ptr<CaseUpstream> upstream)
      : folder_(std::move(folder)), upstream_(std::move(upstream)) {}
  void run_requests(const CaseFile& file, const std::string& module,
                    std::vector<std::string>& problems);

  TemporaryFolder folder_;
  std::unique_ptr<CaseUpstream> upstream_;
  int runs_ = 0;
};

}  // namespace wasmgate::author
