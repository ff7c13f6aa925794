// The exports every module has: contexts come and go, and the marker of the ABI the module speaks.
//
// This is the only file of the SDK whose object depends on the ABI (PROXY_WASM_0_2_100 or not).

#include "api/dispatch.h"

#ifdef __wasm__
extern "C" {
__attribute__((export_name("proxy_on_context_create"))) void proxy_on_context_create(
    uint32_t id, uint32_t parent_id) {
  wasmgate::sdk::dispatch::context_create(id, parent_id);
}
__attribute__((export_name("proxy_on_delete"))) void proxy_on_delete(uint32_t id) {
  wasmgate::sdk::dispatch::context_delete(id);
}
#ifdef PROXY_WASM_0_2_100
__attribute__((export_name("proxy_abi_version_0_2_100"))) void proxy_abi_version_0_2_100() {}
#else
__attribute__((export_name("proxy_abi_version_0_2_1"))) void proxy_abi_version_0_2_1() {}
#endif
}
#endif
