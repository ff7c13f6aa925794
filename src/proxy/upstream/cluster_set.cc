#include "proxy/upstream/cluster_set.h"

namespace wasmgate::proxy {

void ClusterSet::update(const config::Model& model) {
  std::unordered_map<std::string_view, size_t>
      place;  // by name: finding each old one must not search
  for (size_t i = 0; i < clusters_.size(); ++i) {
    place.emplace(clusters_[i]->name(), i);
  }
  std::vector<std::unique_ptr<Cluster>> next;
  next.reserve(model.clusters.size());
  std::unordered_map<std::string, Cluster*, TextHash, std::equal_to<>> names;
  for (const config::Cluster& wanted : model.clusters) {
    const auto at = place.find(wanted.name);
    const bool keep = at != place.end() && clusters_[at->second] != nullptr &&
                      clusters_[at->second]->http2() == wanted.http2;
    next.push_back(keep ? std::move(clusters_[at->second])
                        : std::make_unique<Cluster>(context_, wanted.name, wanted.http2));
    next.back()->update(wanted);
    names.emplace(wanted.name, next.back().get());
  }
  for (size_t i = 0; i < model.clusters.size(); ++i) {  // a name goes before an alias
    for (const std::string& alias : model.clusters[i].aliases) {
      names.emplace(alias, next[i].get());
    }
  }
  for (auto& old : clusters_) {
    if (old != nullptr) {
      retired_.push_back(std::move(old));
    }
  }
  clusters_ = std::move(next);
  by_name_ = std::move(names);
  collect();
}

Cluster* ClusterSet::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

void ClusterSet::collect() {
  std::erase_if(retired_,
                [](const auto& cluster) { return cluster->users == 0 && cluster->idle(); });
}

}  // namespace wasmgate::proxy
