#include "config/read/metadata.h"

#include <algorithm>

#include "config/read/nearest.h"

namespace wasmgate::config {
namespace {

void read_annotations(ObjectReader& metadata, Metadata& out) {
  const ObjectReader map = metadata.object("annotations");
  if (!map.present()) {
    return;
  }
  for (const Entry& entry : map.node()->entries) {
    const Place place = place_of(metadata.context().file, *entry.value, map.path_of(entry.key));
    if (!entry.value->is(NodeKind::String)) {
      metadata.expected(*entry.value, place.path, "string",
                        scalar_text(*entry.value) ? "\"" + entry.value->text + "\"" : "");
      continue;
    }
    out.annotations.push_back({entry.key, entry.value->text, place});
  }
}

}  // namespace

bool is_dns_label(std::string_view text) {
  constexpr size_t kMaxLabel = 63;
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= kMaxLabel && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), good);
}

bool is_resource_name(std::string_view text) {
  constexpr size_t kMaxName = 253;
  if (text.empty() || text.size() > kMaxName) {
    return false;
  }
  for (;;) {
    const size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (part.empty() || !is_dns_label(part.substr(0, 63)) ||
        !is_dns_label(part.substr(part.size() > 63 ? part.size() - 63 : 0))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(dot + 1);
  }
}

Metadata read_metadata(ObjectReader& root, std::string_view default_namespace) {
  Metadata out;
  ObjectReader metadata = root.object("metadata");
  if (!metadata.present()) {
    root.context().out.error(root.place(), "missing-field", "the field \"metadata\" is missing");
    out.name_space = default_namespace;
    out.place = root.place();
    return out;
  }
  out.name = metadata.required_string("name");
  out.place = metadata.place_of_field("name");
  out.name_space = metadata.string("namespace").value_or(std::string(default_namespace));
  out.labels = metadata.string_map("labels");
  read_annotations(metadata, out);
  metadata.ignore({"generateName", "uid", "resourceVersion", "generation", "creationTimestamp",
                   "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences",
                   "finalizers", "managedFields", "selfLink"});
  metadata.finish();
  if (!out.name.empty() && !is_resource_name(out.name)) {
    metadata.error("name", "bad-name",
                   "a name has lower-case letters, digits, \"-\" and \".\" only");
  }
  if (!is_dns_label(out.name_space)) {
    metadata.error("namespace", "bad-name",
                   "a namespace has lower-case letters, digits and \"-\" only");
  }
  return out;
}

void check_own_annotations(const Metadata& metadata, std::initializer_list<std::string_view> known,
                           ReadContext& context) {
  const std::vector<std::string> words(known.begin(), known.end());
  for (const Annotation& annotation : metadata.annotations) {
    const std::string_view key = annotation.key;
    if (!key.starts_with(kOwnPrefix)) {
      continue;
    }
    const std::string_view name = key.substr(kOwnPrefix.size());
    if (std::find(words.begin(), words.end(), name) == words.end()) {
      const std::string near = nearest(name, words);
      context.out.error(annotation.place, "unknown-annotation", "unknown annotation",
                        near.empty() ? "" : std::string(kOwnPrefix) + near);
    }
  }
}

}  // namespace wasmgate::config
