#pragma once
// Runs case files on the production gateway: for each file a gateway as a child process with the
// plug-in's module, before an upstream that answers as the file says.

#include <memory>

#include "author/case_file.h"
#include "author/case_upstream.h"
#include "author/resources.h"
#include "author/temporary_folder.h"
#include "author/test_result.h"

namespace wasmgate::author {

/// What came of one request.
struct CaseExchange {
  Result<SeenMessage> response;
  std::vector<SeenMessage> upstream;  // the requests that reached it
};

class CaseRunner {
 public:
  /// Errors: of the temporary folder and the upstream's listener. `logger` outlives the runner.
  static Result<std::unique_ptr<CaseRunner>> make(Logger& logger);

  /// Runs one file on the module at `module`, with an empty redis-server when it asks for Redis. A
  /// file whose needs this runner lacks (tls; redis where no redis-server is installed) is skipped.
  TestResult run(const CaseFile& file, const std::string& module);

  /// Sends one file's requests through `plugin`, in order, without judging what comes of them.
  /// `log` gets the end of the gateway's log. Errors: those of the gateway's start; of Redis, when
  /// the file needs it.
  Result<std::vector<CaseExchange>> record(const CaseFile& file, const PluginSource& plugin,
                                           std::string& log);

 private:
  CaseRunner(TemporaryFolder folder, std::unique_ptr<CaseUpstream> upstream)
      : folder_(std::move(folder)), upstream_(std::move(upstream)) {}
  static void judge(const CaseFile& file, const std::vector<CaseExchange>& exchanges,
                    std::vector<std::string>& problems);

  TemporaryFolder folder_;
  std::unique_ptr<CaseUpstream> upstream_;
  int runs_ = 0;
};

}  // namespace wasmgate::author
