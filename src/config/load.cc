#include "config/load.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "config/check/check_ingresses.h"
#include "config/check/check_plugins.h"
#include "config/check/check_services.h"
#include "config/read/nearest.h"
#include "config/read/read_resources.h"
#include "config/yaml/parse_yaml.h"

namespace wasmgate::config {
namespace {

struct KnownKind {
  std::string_view kind;
  std::string_view version;
};

constexpr std::array<KnownKind, 9> kKinds{{{"GatewayConfig", "wasmgate.io/v1alpha1"},
                                           {"WasmPlugin", "extensions.higress.io/v1alpha1"},
                                           {"WasmPlugin", "extensions.istio.io/v1alpha1"},
                                           {"Ingress", "networking.k8s.io/v1"},
                                           {"IngressClass", "networking.k8s.io/v1"},
                                           {"Service", "v1"},
                                           {"EndpointSlice", "discovery.k8s.io/v1"},
                                           {"Secret", "v1"},
                                           {"List", "v1"}}};

struct Document {
  const std::string* file;
  NodePtr root;
  std::string path;  // "" or "items[3]"
  std::string kind;
};

class Loader {
 public:
  LoadResult load(std::span<const SourceText> sources) {
    for (const SourceText& source : sources) {
      read_source(source);
    }
    // The gateway's settings first: the defaults and the namespace of plug-ins come from them.
    for (const Document& document : documents_) {
      if (document.kind == "GatewayConfig") {
        read_gateway(document);
      }
    }
    for (const Document& document : documents_) {
      read(document);
    }
    LoadResult result;
    Model model;
    model.gateway = resources_.gateway;
    check_services(resources_, model, out_);
    check_ingresses(resources_, model, out_);
    check_plugins(resources_, model, out_);
    std::vector<std::string> files;
    for (const SourceText& source : sources) {
      files.push_back(source.path);
    }
    out_.sort(files);
    if (!out_.has_errors()) {
      result.model = std::move(model);
    }
    result.diagnostics = std::move(out_);
    return result;
  }

 private:
  void read_source(const SourceText& source) {
    if (source.text.size() > kMaxFileBytes) {
      out_.error({{source.path, 0, 0}, 0, 0, {}}, "too-large",
                 "the file has " + std::to_string(source.text.size()) + " bytes; at most " +
                     std::to_string(kMaxFileBytes) + " are read");
      return;
    }
    for (NodePtr& root : parse_yaml(source.path, source.text, out_)) {
      add_document(source.path, std::move(root), {});
    }
  }

  void add_document(const std::string& file, NodePtr root, std::string path) {
    ReadContext context{file, out_};
    ObjectReader reader(context, root.get(), path);
    if (!reader.present()) {
      return;
    }
    const std::string version = reader.required_string("apiVersion");
    const std::string kind = reader.required_string("kind");
    if (version.empty() || kind.empty() || !known(reader, version, kind)) {
      return;
    }
    if (kind == "List" && path.empty()) {
      add_items(reader);
      return;
    }
    documents_.push_back({&file, std::move(root), std::move(path), kind});
  }

  void add_items(ObjectReader& list) {
    const Node* items = list.take("items");
    list.ignore({"metadata"});
    list.finish();
    if (items == nullptr || !items->is(NodeKind::Sequence)) {
      list.error("items", "missing-field", "a List has an array of \"items\"");
      return;
    }
    for (size_t i = 0; i < items->items.size(); ++i) {
      add_document(list.context().file, items->items[i], "items[" + std::to_string(i) + "]");
    }
  }

  bool known(ObjectReader& reader, const std::string& version, const std::string& kind) {
    std::vector<std::string> kinds;
    std::string versions;
    for (const KnownKind& known : kKinds) {
      if (known.kind == kind && known.version == version) {
        return true;
      }
      if (known.kind == kind) {
        versions += (versions.empty() ? "" : " or ") + std::string(known.version);
      }
      kinds.emplace_back(known.kind);
    }
    if (!versions.empty()) {
      reader.error("apiVersion", "wrong-version",
                   kind + " is read in the version " + versions + ", not " + version,
                   versions.find(' ') == std::string::npos ? "apiVersion: " + versions : "");
    } else {
      const std::string near = nearest(kind, kinds);
      reader.warning("kind", "unknown-kind",
                     "resources of kind " + kind + " are not read; this one has no effect",
                     near.empty() ? "" : "kind: " + near);
    }
    return false;
  }

  ObjectReader open(ReadContext& context, const Document& document) {
    ObjectReader root(context, document.root.get(), document.path);
    root.ignore({"apiVersion", "kind"});
    return root;
  }

  void read_gateway(const Document& document) {
    ReadContext context{*document.file, out_};
    ObjectReader root = open(context, document);
    if (resources_.gateway_place) {
      const Location& first = resources_.gateway_place->location;
      out_.error(root.place(), "duplicate-resource",
                 "there is a GatewayConfig already (" + first.file + ":" +
                     std::to_string(first.line) + ")");
      return;
    }
    resources_.gateway_place = root.place();
    read_gateway_config(root, resources_.gateway);
  }

  void read(const Document& document) {
    ReadContext context{*document.file, out_};
    ObjectReader root = open(context, document);
    if (document.kind == "Service") {
      add(resources_.services, read_service(root), document.kind);
    } else if (document.kind == "EndpointSlice") {
      add(resources_.slices, read_endpoint_slice(root), document.kind);
    } else if (document.kind == "Ingress") {
      add(resources_.ingresses, read_ingress(root), document.kind);
    } else if (document.kind == "Secret") {
      add(resources_.secrets, read_secret(root), document.kind);
    } else if (document.kind == "WasmPlugin") {
      add(resources_.plugins, read_wasm_plugin(root, resources_.gateway), document.kind);
    }
  }

  template <class T>
  void add(std::vector<T>& list, T resource, const std::string& kind) {
    const Metadata& metadata = resource.metadata;
    const auto [first, fresh] =
        seen_.emplace(kind + " " + metadata.full_name(), metadata.place.location);
    if (!fresh && !metadata.name.empty()) {
      out_.error(metadata.place, "duplicate-resource",
                 kind + " " + metadata.full_name() + " is defined already (" + first->second.file +
                     ":" + std::to_string(first->second.line) + ")");
      return;
    }
    list.push_back(std::move(resource));
  }

  Diagnostics out_;
  std::vector<Document> documents_;
  Resources resources_;
  std::map<std::string, Location> seen_;
};

}  // namespace

LoadResult load(std::span<const SourceText> sources) { return Loader().load(sources); }

}  // namespace wasmgate::config
