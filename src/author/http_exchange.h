#pragma once
// One HTTP/1.1 request over a connection of its own, and its response. Blocking: for the tools' own
// thread.

#include <chrono>

#include "author/case_check.h"
#include "base/result.h"

namespace wasmgate::author {

/// Sends `request` to 127.0.0.1:`port` and reads the response. Chunks go out one by one, each as a
/// chunk of its own. The response may come before the request has been sent whole; then the rest is
/// not sent. Errors: Refused (no connection, or it broke), Timeout, Protocol.
Result<SeenMessage> exchange(int port, const CaseRequest& request,
                             std::chrono::milliseconds patience);

}  // namespace wasmgate::author
