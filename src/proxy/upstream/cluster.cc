#include "proxy/upstream/cluster.h"

#include <algorithm>

namespace wasmgate::proxy {
namespace {

constexpr std::chrono::seconds kMinTtl{1};
constexpr std::chrono::seconds kMaxTtl{300};
constexpr std::chrono::seconds kResolveAgain{5};  // after a failure

}  // namespace

Cluster::Cluster(WorkerContext& context, std::string name, bool http2)
    : context_(context),
      name_(std::move(name)),
      http2_(http2),
      balancer_(make_round_robin(context.request_ids.next_number())),
      readmit_timer_(context.loop.timers(), [this] { readmit(); }),
      resolve_timer_(context.loop.timers(), [this] { resolve(); }) {}

Cluster::~Cluster() = default;

void Cluster::update(const config::Cluster& config) {
  const config::UpstreamLimits& limits = context_.settings.upstream;
  limits_.max_connections = limits.connections;
  limits_.max_pending = limits.pending_requests;
  max_requests_ = limits.requests;
  retry_percent_ = limits.retry_budget_percent;
  retry_min_ = limits.retry_budget_min;

  if (!config.dns_name.empty()) {
    if (config.dns_name == dns_name_ && config.dns_port == dns_port_) {
      return;  // resolved already, or about to be
    }
    dns_name_ = config.dns_name;
    dns_port_ = config.dns_port;
    resolving_ = hosts_.empty();
    resolve();
    return;
  }
  dns_name_.clear();
  query_.reset();
  resolve_timer_.cancel();
  resolving_ = resolve_failed_ = false;
  std::vector<net::Address> addresses;
  for (const config::Endpoint& endpoint : config.endpoints) {
    if (auto address = net::Address::parse(endpoint.address, endpoint.port)) {
      addresses.push_back(*address);
    } else {
      context_.services.logger.error("cluster {}: {}", name_, address.error().detail);
    }
  }
  set_hosts(addresses);
  waiters_.run_once();
}

void Cluster::set_hosts(const std::vector<net::Address>& addresses) {
  std::vector<std::unique_ptr<Host>> next;
  for (const net::Address& address : addresses) {
    const auto same = [&](const std::unique_ptr<Host>& h) {
      return h != nullptr && h->address == address;
    };
    if (std::any_of(next.begin(), next.end(), same)) {
      continue;
    }
    const auto kept = std::find_if(hosts_.begin(), hosts_.end(), same);
    next.push_back(kept != hosts_.end()
                       ? std::move(*kept)
                       : std::make_unique<Host>(context_, limits_, address, http2_));
  }
  auto old = std::move(hosts_);
  hosts_ = std::move(next);
  for (auto& host : old) {
    if (host != nullptr) {
      host->pool.drain();
      leaving_.push_back(std::move(host));
    }
  }
  refresh_fit();
  remove_empty_hosts();
}

void Cluster::remove_empty_hosts() {
  std::erase_if(leaving_,
                [](const auto& host) { return host->active_requests == 0 && host->pool.empty(); });
}

void Cluster::refresh_fit() {
  fit_.clear();
  for (const auto& host : hosts_) {
    if (!host->ejected()) {
      fit_.push_back(host.get());
    }
  }
}

Host* Cluster::choose(const Host* avoid, std::string_view wanted) {
  if (!wanted.empty()) {
    for (const auto& host : hosts_) {
      if (host->text == wanted) {
        return host.get();
      }
    }
  }
  return balancer_->choose(fit_, avoid);
}

void Cluster::note_result(Host& host, bool failed) {
  if (!failed && host.consecutive_failures == 0) {
    return;
  }
  const size_t ejected = hosts_.size() - fit_.size();
  if (!outliers_.note(host, failed, hosts_.size(), ejected, context_.now())) {
    return;
  }
  context_.metrics.add(context_.ids.upstream_ejections);
  context_.services.logger.warn("cluster {}: endpoint {} is put aside after failures in a row",
                                name_, host.text);
  refresh_fit();
  const Duration wait = host.ejected_until - context_.now();
  if (!readmit_timer_.armed() || ejected == 0) {
    readmit_timer_.arm(wait);
  }
}

void Cluster::readmit() {
  std::optional<MonotonicTime> next;
  for (const auto& host : hosts_) {
    if (!outliers_.readmit(*host, context_.now()) && host->ejected()) {
      next = std::min(next.value_or(host->ejected_until), host->ejected_until);
    }
  }
  refresh_fit();
  if (next) {
    readmit_timer_.arm(*next - context_.now());
  }
}

bool Cluster::begin_request() {
  if (requests_ >= max_requests_) {
    return false;
  }
  ++requests_;
  if (!leaving_.empty()) {
    remove_empty_hosts();
  }
  return true;
}

bool Cluster::begin_retry() {
  const auto share = static_cast<size_t>(static_cast<double>(requests_) * retry_percent_ / 100);
  if (retries_ >= std::max(share, retry_min_)) {
    return false;
  }
  ++retries_;
  return true;
}

// ---- DNS ----

void Cluster::resolve() {
  query_ = context_.services.resolver.resolve(
      dns_name_, dns_port_,
      [this](Result<net::DnsAnswer> answer) { on_resolved(std::move(answer)); });
}

void Cluster::on_resolved(Result<net::DnsAnswer> answer) {
  resolve_failed_ = !answer.has_value();
  if (answer) {
    set_hosts(answer->addresses);
    resolve_timer_.arm(std::clamp(answer->ttl, kMinTtl, kMaxTtl));
  } else {  // the old addresses stay
    context_.services.logger.warn("cluster {}: cannot resolve {}", name_, answer.error().detail);
    resolve_timer_.arm(kResolveAgain);
  }
  resolving_ = false;
  waiters_.run_once();
}

}  // namespace wasmgate::proxy
