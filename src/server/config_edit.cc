#include "server/config_edit.h"

#include <algorithm>
#include <map>

#include "config/rule_match.h"
#include "config/yaml/parse_yaml.h"

namespace wasmgate::server {
namespace {

struct Document {
  ResourceId id;
  size_t begin = 0;
  size_t end = 0;
};

std::string text_of(const config::Node* node) {
  return node != nullptr && node->is(config::NodeKind::String) ? node->text : "";
}

// The parts of a file between its lines "---". Those cannot stand inside a value (YAML 1.2 §9.1.2).
std::vector<std::pair<size_t, size_t>> parts_of(std::string_view text) {
  std::vector<std::pair<size_t, size_t>> out;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const size_t next = std::min(end + 1, text.size());
    if (line == "---" || line == "---\r" || line.starts_with("--- #")) {
      out.emplace_back(begin, at);
      begin = next;
    }
    at = next;
  }
  out.emplace_back(begin, text.size());
  return out;
}

std::optional<ResourceId> id_of(const std::string& path, std::string_view part) {
  config::Diagnostics ignored;  // whether the whole is valid is the loader's question
  const auto nodes = config::parse_yaml(path, part, ignored);
  if (nodes.empty() || !nodes.front()->is(config::NodeKind::Mapping)) {
    return std::nullopt;
  }
  const config::Node* metadata = nodes.front()->find("metadata");
  ResourceId id;
  id.kind = config::lower_case(text_of(nodes.front()->find("kind")));
  id.name = metadata != nullptr ? text_of(metadata->find("name")) : "";
  id.space = metadata != nullptr ? text_of(metadata->find("namespace")) : "";
  if (id.space.empty()) {
    id.space = default_namespace(id.kind);
  }
  return id;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::vector<Document> documents_of(const config::SourceText& file) {
  std::vector<Document> out;
  for (const auto& [begin, end] : parts_of(file.text)) {
    if (const auto id = id_of(file.path, std::string_view(file.text).substr(begin, end - begin))) {
      out.push_back({*id, begin, end});
    }
  }
  return out;
}

struct Place {
  std::string path;
  Document document;
};

// Where the resource is; nothing when it is nowhere.
Result<std::optional<Place>> find(const std::map<std::string, std::string>& files,
                                  const ResourceId& id) {
  std::optional<Place> out;
  for (const auto& [path, text] : files) {
    for (const Document& document : documents_of({path, text})) {
      if (document.id != id) {
        continue;
      }
      if (out) {
        return fail(ErrorCode::AlreadyExists,
                    id.to_string() + ": stands in " + out->path + " and in " + path +
                        "; edit the files by hand",
                    ErrorSource::Config);
      }
      out = Place{path, document};
    }
  }
  return out;
}

std::string with_line_end(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with(' ')) {
    text.pop_back();
  }
  return text + "\n";
}

std::map<std::string, std::string> as_map(const std::vector<config::SourceText>& files) {
  std::map<std::string, std::string> out;
  for (const config::SourceText& file : files) {
    out[file.path] = file.text;
  }
  return out;
}

std::vector<FileEdit> difference(const std::map<std::string, std::string>& before,
                                 const std::map<std::string, std::string>& after) {
  std::vector<FileEdit> out;
  for (const auto& [path, text] : after) {
    if (const auto old = before.find(path); old == before.end() || old->second != text) {
      out.push_back({path, text});
    }
  }
  for (const auto& [path, text] : before) {
    if (!after.contains(path)) {
      out.push_back({path, std::nullopt});
    }
  }
  return out;
}

std::string new_path(const std::string& folder, const ResourceId& id) {
  return folder + "/" + id.kind + "-" + id.space + "-" + id.name + ".yaml";
}

bool is_file_name(const std::string& text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

// One document into the files. Returns what happened to it.
Result<std::string> put(std::map<std::string, std::string>& files, const std::string& folder,
                        const ResourceId& id, const std::string& text) {
  auto place = find(files, id);
  if (!place) {
    return tl::unexpected(place.error());
  }
  if (!*place) {
    std::string& file = files[new_path(folder, id)];
    file += (file.empty() ? "" : "---\n") + text;
    return id.to_string() + ": created";
  }
  std::string& file = files[(*place)->path];
  const Document& old = (*place)->document;
  if (with_line_end(file.substr(old.begin, old.end - old.begin)) == text) {
    return id.to_string() + ": unchanged";
  }
  file.replace(old.begin, old.end - old.begin, text);
  return id.to_string() + ": changed";
}

}  // namespace

std::string default_namespace(const std::string& kind) {
  return kind == "wasmplugin" ? "higress-system" : "default";
}

Result<Edits> edits_to_apply(const std::vector<config::SourceText>& files,
                             const std::string& folder, const std::string& text) {
  const auto before = as_map(files);
  auto after = before;
  Edits out;
  for (const auto& [begin, end] : parts_of(text)) {
    const std::string part = text.substr(begin, end - begin);
    if (is_blank(part)) {
      continue;
    }
    const auto id = id_of("the change", part);
    if (!id || !is_file_name(id->kind) || !is_file_name(id->name) || !is_file_name(id->space)) {
      return fail(ErrorCode::InvalidArgument,
                  "document " + std::to_string(out.resources.size() + 1) +
                      " is no resource: kind, metadata.name and metadata.namespace are texts of "
                      "letters, digits, - and .",
                  ErrorSource::Config);
    }
    auto done = put(after, folder, *id, with_line_end(part));
    if (!done) {
      return tl::unexpected(done.error());
    }
    out.resources.push_back(std::move(*done));
  }
  if (out.resources.empty()) {
    return fail(ErrorCode::InvalidArgument, "there is no resource in the change",
                ErrorSource::Config);
  }
  out.files = difference(before, after);
  return out;
}

Result<Edits> edits_to_delete(const std::vector<config::SourceText>& files, const ResourceId& id) {
  const auto before = as_map(files);
  auto after = before;
  auto place = find(after, id);
  if (!place) {
    return tl::unexpected(place.error());
  }
  if (!*place) {
    return fail(ErrorCode::NotFound, id.to_string() + ": is not there", ErrorSource::Config);
  }
  std::string& file = after[(*place)->path];
  const Document& document = (*place)->document;
  file.erase(document.begin, document.end - document.begin);
  if (documents_of({(*place)->path, file}).empty()) {
    after.erase((*place)->path);
  }
  return Edits{difference(before, after), {id.to_string() + ": deleted"}};
}

std::vector<config::SourceText> with_edits(std::vector<config::SourceText> files,
                                           const std::vector<FileEdit>& edits) {
  for (const FileEdit& edit : edits) {
    std::erase_if(files, [&](const config::SourceText& file) { return file.path == edit.path; });
    if (edit.text) {
      files.push_back({edit.path, *edit.text});
    }
  }
  return files;
}

}  // namespace wasmgate::server
