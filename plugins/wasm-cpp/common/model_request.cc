#include "model_request.h"

#include "http_util.h"
#include "proxy_wasm_intrinsics.h"

namespace wasmgate::sdk {
namespace {

constexpr uint32_t kRequestsPerVm = 1000;
constexpr uint64_t kMemoryLimitBytes = 200ULL * 1024 * 1024;

}  // namespace

std::vector<std::string> default_model_path_suffixes() {
  return {"/completions",      "/embeddings",  "/images/generations", "/audio/speech",
          "/fine_tuning/jobs", "/moderations", "/image-synthesis",    "/video-synthesis",
          "/rerank",           "/messages"};
}

void read_path_suffixes(ConfigReader& reader, std::vector<std::string>& suffixes) {
  reader.read("enableOnPathSuffix", suffixes);
}

bool path_has_suffix(const std::vector<std::string>& suffixes) {
  const WasmDataPtr header = getRequestHeader(":path");
  const std::string_view path = Wasm::Common::Http::pathWithoutQuery(header->view());
  for (const std::string& suffix : suffixes) {
    if (suffix == "*" ||
        (path.size() >= suffix.size() && path.substr(path.size() - suffix.size()) == suffix)) {
      return true;
    }
  }
  return false;
}

void prepare_for_body() {
  removeRequestHeader("content-length");
  setFilterState("set_decoder_buffer_limit", std::to_string(kModelBodyLimitBytes));
}

void refuse_large_body() {
  sendLocalResponse(413, "request_body_too_large", "Request Body Too Large", {});
}

void VmRecycler::count_request() {
  ++requests_;
  uint64_t memory = 0;
  getValue({"plugin_vm_memory"}, &memory);
  if (requests_ % kRequestsPerVm == 0 || memory >= kMemoryLimitBytes) {
    setFilterState("wasm_need_rebuild", "true");
  }
}

}  // namespace wasmgate::sdk
