#pragma once
// Which routes a plug-in stands in (decision 4): those where it has a global configuration, or
// where one of its rules could match the route's name, host or cluster. Elsewhere it is not called
// and its failure has no effect.

#include "config/model/plugin.h"
#include "config/model/route.h"

namespace wasmgate::server {

/// True when `rule` could match some request of `route`. What a rule looks at: ingress (and
/// service, when it has both), else service, else domain (as the SDKs' matcher chooses).
bool rule_could_match(const config::MatchRule& rule, const config::Route& route);

bool plugin_stands_in(const config::Plugin& plugin, const config::Route& route);

}  // namespace wasmgate::server
