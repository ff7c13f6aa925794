#include "config/read/base64.h"
#include "config/read/metadata.h"
#include "config/read/read_resources.h"

namespace wasmgate::config {
namespace {

// The value must not stand in a message, and its line must not be shown.
void report(ReadContext& context, const Entry& entry, const std::string& path,
            std::string message) {
  Diagnostic d;
  d.rule = "bad-secret";
  d.location = {context.file, entry.key_span.line, entry.key_span.column};
  d.path = path;
  d.message = std::move(message);
  d.secret = true;
  context.out.add(std::move(d));
}

void read_data(ObjectReader map, bool encoded, SecretResource& out) {
  if (!map.present()) {
    return;
  }
  for (const Entry& entry : map.node()->entries) {
    if (!entry.value->is(NodeKind::String)) {
      report(map.context(), entry, map.path_of(entry.key), "a string is needed");
      continue;
    }
    const auto value = encoded ? decode_base64(entry.value->text) : entry.value->text;
    if (!value) {
      report(map.context(), entry, map.path_of(entry.key), "the value is not base64");
      continue;
    }
    out.data[entry.key] = *value;
  }
}

}  // namespace

SecretResource read_secret(ObjectReader& root) {
  SecretResource out;
  out.metadata = read_metadata(root, "default");
  out.type = root.string("type").value_or("Opaque");
  read_data(root.object("data"), true, out);
  read_data(root.object("stringData"), false, out);
  root.ignore({"immutable"});
  root.finish();
  return out;
}

}  // namespace wasmgate::config
