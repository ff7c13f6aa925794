// hello-world: adds `hello: world` to the request and answers it with "hello world".
//
// The smallest plug-in there is; copy this folder to start one.
#pragma once

#include "proxy_wasm_intrinsics.h"

class HelloWorldContext : public Context {
 public:
  using Context::Context;
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;
};
