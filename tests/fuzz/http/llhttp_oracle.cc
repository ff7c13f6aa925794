#include "llhttp_oracle.h"

#include <llhttp.h>

namespace wasmgate::http::fuzz {
namespace {

LlhttpView& view_of(llhttp_t* parser) { return *static_cast<LlhttpView*>(parser->data); }

int on_headers_complete(llhttp_t* parser) {
  ++view_of(parser).heads;
  return 0;
}

int on_message_complete(llhttp_t* parser) {
  ++view_of(parser).messages;
  return 0;
}

int on_body(llhttp_t* parser, const char* at, size_t size) {
  view_of(parser).bodies.append(at, size);
  return 0;
}

}  // namespace

LlhttpView parse_with_llhttp(std::string_view bytes) {
  LlhttpView view;
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_headers_complete = on_headers_complete;
  settings.on_message_complete = on_message_complete;
  settings.on_body = on_body;
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  parser.data = &view;
  llhttp_errno_t result = llhttp_execute(&parser, bytes.data(), bytes.size());
  if (result == HPE_PAUSED_UPGRADE) {
    // It stops at any Upgrade; we know none, so the bytes go on as HTTP.
    llhttp_resume_after_upgrade(&parser);
    const char* at = llhttp_get_error_pos(&parser);
    result = at == nullptr ? HPE_OK : HPE_PAUSED_UPGRADE;
  }
  view.failed = result != HPE_OK;
  view.error = llhttp_errno_name(result);
  return view;
}

}  // namespace wasmgate::http::fuzz
