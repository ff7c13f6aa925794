#include "config/yaml/tree_builder.h"

#include <algorithm>
#include <utility>

#include "config/yaml/parse_yaml.h"

namespace wasmgate::config {
namespace {

uint64_t add_bytes(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

void measure(Node& node) {
  uint32_t height = 0;
  uint64_t bytes = node.text.size() + 1;
  for (const NodePtr& item : node.items) {
    height = std::max(height, item->height);
    bytes = add_bytes(bytes, item->expanded_bytes);
  }
  for (const Entry& entry : node.entries) {
    height = std::max(height, entry.value->height);
    bytes = add_bytes(bytes, add_bytes(entry.value->expanded_bytes, entry.key.size()));
  }
  node.height = height + 1;
  node.expanded_bytes = bytes;
}

}  // namespace

void TreeBuilder::open(NodeKind kind, Span span, std::string anchor) {
  if (abandoned_) {
    return;
  }
  if (stack_.size() >= kMaxDocumentDepth) {
    error(span, "too-deep", "nested deeper than " + std::to_string(kMaxDocumentDepth) + " levels");
    abandoned_ = true;
    return;
  }
  Open open;
  open.node = std::make_shared<Node>();
  open.node->kind = kind;
  open.node->span = span;
  if (!anchor.empty()) {
    anchors_[anchor] = nullptr;
  }
  open.anchor = std::move(anchor);
  stack_.push_back(std::move(open));
}

void TreeBuilder::close(Span end) {
  if (abandoned_ || stack_.empty()) {
    return;
  }
  Open open = std::move(stack_.back());
  stack_.pop_back();
  open.node->span.end_line = end.end_line;
  open.node->span.end_column = end.end_column;
  apply_merges(open);
  measure(*open.node);
  const Span span = open.node->span;
  if (open.node->expanded_bytes > kMaxExpandedBytes) {
    error(span, "too-large",
          "aliases unfold to more than " + std::to_string(kMaxExpandedBytes) + " bytes");
    abandoned_ = true;
    return;
  }
  if (open.node->height + stack_.size() > kMaxDocumentDepth) {
    error(span, "too-deep", "nested deeper than " + std::to_string(kMaxDocumentDepth) + " levels");
    abandoned_ = true;
    return;
  }
  if (!open.anchor.empty()) {
    anchors_[open.anchor] = open.node;
  }
  put(std::move(open.node), false);
}

void TreeBuilder::scalar(std::shared_ptr<Node> node, std::string anchor) {
  if (abandoned_) {
    return;
  }
  measure(*node);
  if (!anchor.empty()) {
    anchors_[std::move(anchor)] = node;
  }
  put(std::move(node), true);
}

void TreeBuilder::alias(const std::string& name, Span span) {
  if (abandoned_) {
    return;
  }
  NodePtr target;
  const auto found = anchors_.find(name);
  if (found == anchors_.end()) {
    error(span, "unknown-alias", "no anchor &" + name + " stands before this alias");
  } else if (found->second == nullptr) {
    error(span, "alias-cycle", "the alias *" + name + " stands inside its own anchor");
  } else {
    target = found->second;
  }
  if (target == nullptr) {
    auto nothing = std::make_shared<Node>();
    nothing->span = span;
    target = std::move(nothing);
  }
  put(std::move(target), false);
}

NodePtr TreeBuilder::finish() {
  NodePtr root = abandoned_ ? nullptr : std::move(root_);
  root_ = nullptr;
  stack_.clear();
  anchors_.clear();
  abandoned_ = false;
  return root;
}

void TreeBuilder::put(NodePtr node, bool may_be_merge_key) {
  if (stack_.empty()) {
    root_ = std::move(node);
    return;
  }
  Open& parent = stack_.back();
  if (parent.node->kind == NodeKind::Sequence) {
    parent.node->items.push_back(std::move(node));
  } else if (!parent.key && !parent.bad_key) {
    put_key(parent, node, may_be_merge_key);
  } else {
    put_value(parent, std::move(node));
  }
}

void TreeBuilder::put_key(Open& parent, const NodePtr& node, bool plain) {
  if (node->is(NodeKind::Sequence) || node->is(NodeKind::Mapping)) {
    error(node->span, "bad-key",
          "a key must be a word, not an " + std::string(to_string(node->kind)));
    parent.bad_key = true;
    return;
  }
  Entry key;
  key.key = node->is(NodeKind::Null) && node->text.empty() ? "null" : node->text;
  key.key_span = node->span;
  const auto seen = parent.positions.find(key.key);
  if (seen != parent.positions.end() && !(plain && key.key == "<<")) {
    const Span first = parent.node->entries[seen->second].key_span;
    error(node->span, "duplicate-key",
          "the key \"" + key.key + "\" stands twice in this object (first on line " +
              std::to_string(first.line) + ")");
    parent.bad_key = true;
    return;
  }
  parent.key = std::move(key);
}

void TreeBuilder::put_value(Open& parent, NodePtr node) {
  if (parent.bad_key) {
    parent.bad_key = false;
    return;
  }
  Entry entry = *std::move(parent.key);
  parent.key.reset();
  if (entry.key == "<<") {
    parent.merges.emplace_back(std::move(node), entry.key_span);
    return;
  }
  entry.value = std::move(node);
  parent.positions.emplace(entry.key, parent.node->entries.size());
  parent.node->entries.push_back(std::move(entry));
}

// The merge key of YAML 1.1, which kubectl still honours: own keys win, earlier merged objects win
// over later ones.
void TreeBuilder::apply_merges(Open& open) {
  for (const auto& [node, span] : open.merges) {
    if (node->is(NodeKind::Sequence)) {
      for (const NodePtr& item : node->items) {
        merge(open, item, span);
      }
    } else {
      merge(open, node, span);
    }
  }
}

void TreeBuilder::merge(Open& open, const NodePtr& node, Span span) {
  if (!node->is(NodeKind::Mapping)) {
    error(span, "bad-merge", "the merge key \"<<\" needs an object or an array of objects");
    return;
  }
  for (const Entry& entry : node->entries) {
    if (open.positions.emplace(entry.key, open.node->entries.size()).second) {
      open.node->entries.push_back(entry);
    }
  }
}

void TreeBuilder::error(Span span, std::string rule, std::string message, std::string hint) {
  add_diagnostic(Severity::Error, span, std::move(rule), std::move(message), std::move(hint));
}

void TreeBuilder::warning(Span span, std::string rule, std::string message, std::string hint) {
  add_diagnostic(Severity::Warning, span, std::move(rule), std::move(message), std::move(hint));
}

void TreeBuilder::add_diagnostic(Severity severity, Span span, std::string rule,
                                 std::string message, std::string hint) {
  Diagnostic d;
  d.severity = severity;
  d.rule = std::move(rule);
  d.location = {file_, span.line, span.column};
  d.end_line = span.end_line;
  d.end_column = span.end_column;
  d.message = std::move(message);
  d.hint = std::move(hint);
  out_.add(std::move(d));
}

}  // namespace wasmgate::config
