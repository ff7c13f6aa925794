#include "plugin.h"

static RegisterContextFactory register_HelloWorld(CONTEXT_FACTORY(HelloWorldContext),
                                                  ROOT_FACTORY(RootContext));

FilterHeadersStatus HelloWorldContext::onRequestHeaders(uint32_t, bool) {
  addRequestHeader("hello", "world");
  sendLocalResponse(200, "hello-world", "hello world", {});
  return FilterHeadersStatus::StopIteration;
}
