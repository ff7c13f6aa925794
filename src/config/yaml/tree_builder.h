#pragma once
// Puts a document's nodes together, bottom up: keeps the open arrays and objects, the anchors, and
// the checks that need both. Knows nothing of libfyaml.

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/diagnostics/diagnostics.h"
#include "config/yaml/node.h"

namespace wasmgate::config {

class TreeBuilder {
 public:
  /// `file` and `out` outlive the builder.
  TreeBuilder(const std::string& file, Diagnostics& out) : file_(file), out_(out) {}

  void open(NodeKind kind, Span span, std::string anchor);
  void close(Span end);
  void scalar(std::shared_ptr<Node> node, std::string anchor);
  void alias(const std::string& name, Span span);

  /// The whole document, or null when it was empty or refused. Ready for the next document
  /// afterwards.
  NodePtr finish();

  /// True once the document cannot be kept (too deep); the rest of it need not be fed.
  bool abandoned() const { return abandoned_; }

  void error(Span span, std::string rule, std::string message, std::string hint = {});
  void warning(Span span, std::string rule, std::string message, std::string hint = {});

 private:
  struct Open {
    std::shared_ptr<Node> node;
    std::string anchor;
    std::optional<Entry> key;                           // a mapping's key that waits for its value
    bool bad_key = false;                               // its value is dropped
    std::unordered_map<std::string, size_t> positions;  // keys seen → place among the entries
    std::vector<std::pair<NodePtr, Span>> merges;       // values of "<<"
  };

  void put(NodePtr node, bool may_be_merge_key);
  void put_key(Open& parent, const NodePtr& node, bool plain);
  void put_value(Open& parent, NodePtr node);
  void apply_merges(Open& open);
  void merge(Open& open, const NodePtr& node, Span span);
  void add_diagnostic(Severity severity, Span span, std::string rule, std::string message,
                      std::string hint);

  const std::string& file_;
  Diagnostics& out_;
  std::vector<Open> stack_;
  std::map<std::string, NodePtr> anchors_;  // null: not finished yet
  NodePtr root_;
  bool abandoned_ = false;
};

}  // namespace wasmgate::config
