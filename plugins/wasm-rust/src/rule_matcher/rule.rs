//! One element of `_rules_`: its match lists, and reading it.

use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::parse_config;
use super::pattern::{service_matches, DomainPattern};
use super::request::RequestFacts;
use crate::error::WasmRustError;

const ROUTE_KEY: &str = "_match_route_";
const ROUTE_PREFIX_KEY: &str = "_match_route_prefix_";
const SERVICE_KEY: &str = "_match_service_";
const DOMAIN_KEY: &str = "_match_domain_";
const DISABLE_KEY: &str = "_disable_";

/// When a rule applies. Of several lists the first in this order counts, the others are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    RouteAndService(Vec<String>, Vec<String>),
    Route(Vec<String>),
    RoutePrefix(Vec<String>),
    Service(Vec<String>),
    Domain(Vec<DomainPattern>),
}

/// A rule as it is used on requests.
#[derive(Debug)]
pub(super) struct Rule<C> {
    /// Position in `_rules_`, counted from 1.
    pub(super) id: i64,
    condition: Condition,
    /// `None`: the rule is disabled, and what it matches has no configuration.
    pub(super) config: Option<Rc<C>>,
}

impl<C> Rule<C> {
    pub(super) fn matches(&self, request: &RequestFacts) -> bool {
        match &self.condition {
            Condition::RouteAndService(routes, services) => {
                has_route(routes, request) && has_service(services, request)
            }
            Condition::Route(routes) => has_route(routes, request),
            Condition::RoutePrefix(prefixes) => {
                let route = request.route();
                prefixes
                    .iter()
                    .any(|prefix| route.starts_with(prefix.as_bytes()))
            }
            Condition::Service(services) => has_service(services, request),
            Condition::Domain(patterns) => {
                let host = request.host();
                patterns.iter().any(|pattern| pattern.matches(host))
            }
        }
    }
}

fn has_route(routes: &[String], request: &RequestFacts) -> bool {
    let route = request.route();
    routes.iter().any(|name| name.as_bytes() == route)
}

fn has_service(services: &[String], request: &RequestFacts) -> bool {
    let cluster = request.cluster();
    services.iter().any(|entry| service_matches(entry, cluster))
}

/// The rules of a configuration.
pub(super) struct Rules<C> {
    pub(super) rules: Vec<Rule<C>>,
    /// There were rules, and isolation has left every one out.
    pub(super) none_usable: bool,
}

/// Reads all rules. With `last_good` (rule isolation is on) a rule whose configuration does not parse
/// keeps the one of the earlier rule with the same condition, or is left out.
pub(super) fn read_rules<C: DeserializeOwned>(
    values: Vec<Value>,
    last_good: Option<&[Rule<C>]>,
    warnings: &mut Vec<String>,
) -> Result<Rules<C>, WasmRustError> {
    let count = values.len();
    let mut rules = Vec::with_capacity(count);
    for (index, value) in values.into_iter().enumerate() {
        let at = format!("$._rules_[{index}]");
        let Value::Object(mut object) = value else {
            return Err(WasmRustError::new(format!("{at} is not an object")));
        };
        let condition = read_condition(&at, &mut object, warnings)?;
        let disabled = read_disable(&at, &mut object, warnings);
        let config = match (disabled, last_good) {
            (true, _) => None,
            (false, None) => Some(Rc::new(parse_config(&at, object)?)),
            (false, Some(earlier)) => {
                match parse_or_keep(&at, object, &condition, earlier, warnings) {
                    Some(config) => Some(config),
                    None => continue,
                }
            }
        };
        rules.push(Rule {
            id: index as i64 + 1,
            condition,
            config,
        });
    }
    let none_usable = count > 0 && rules.is_empty();
    Ok(Rules { rules, none_usable })
}

fn parse_or_keep<C: DeserializeOwned>(
    at: &str,
    object: Map<String, Value>,
    condition: &Condition,
    earlier: &[Rule<C>],
    warnings: &mut Vec<String>,
) -> Option<Rc<C>> {
    let error = match parse_config(at, object) {
        Ok(config) => return Some(Rc::new(config)),
        Err(error) => error,
    };
    let kept = earlier.iter().find(|rule| rule.condition == *condition);
    let kept = kept.and_then(|rule| rule.config.clone());
    warnings.push(match kept {
        Some(_) => format!("{error}; the rule keeps its last good configuration"),
        None => format!("{error}; the rule is left out"),
    });
    kept
}

fn read_condition(
    at: &str,
    object: &mut Map<String, Value>,
    warnings: &mut Vec<String>,
) -> Result<Condition, WasmRustError> {
    let mut list = |key| read_list(at, key, object.remove(key), warnings);
    let routes = list(ROUTE_KEY)?;
    let prefixes = list(ROUTE_PREFIX_KEY)?;
    let services = list(SERVICE_KEY)?;
    let domains = list(DOMAIN_KEY)?;
    let mut unused = Vec::new();
    let mut ignore = |key: &'static str, list: &Option<Vec<String>>| {
        if list.is_some() {
            unused.push(key);
        }
    };
    let condition = match (routes, prefixes, services, domains) {
        (Some(routes), prefixes, services, domains) => {
            ignore(ROUTE_PREFIX_KEY, &prefixes);
            ignore(DOMAIN_KEY, &domains);
            match services {
                Some(services) => Condition::RouteAndService(routes, services),
                None => Condition::Route(routes),
            }
        }
        (None, Some(prefixes), services, domains) => {
            ignore(SERVICE_KEY, &services);
            ignore(DOMAIN_KEY, &domains);
            Condition::RoutePrefix(prefixes)
        }
        (None, None, Some(services), domains) => {
            ignore(DOMAIN_KEY, &domains);
            Condition::Service(services)
        }
        (None, None, None, Some(domains)) => {
            Condition::Domain(read_domains(at, &domains, warnings))
        }
        (None, None, None, None) => {
            return Err(WasmRustError::new(format!(
                "{at} has none of {ROUTE_KEY}, {ROUTE_PREFIX_KEY}, {SERVICE_KEY} and {DOMAIN_KEY}"
            )))
        }
    };
    warnings.extend(unused.into_iter().map(|key| {
        format!("{at}.{key} is ignored: another match list of the rule goes before it")
    }));
    Ok(condition)
}

fn read_domains(at: &str, domains: &[String], warnings: &mut Vec<String>) -> Vec<DomainPattern> {
    let patterns: Vec<_> = domains
        .iter()
        .map(|text| DomainPattern::new(text))
        .collect();
    for (pattern, text) in patterns.iter().zip(domains) {
        if pattern.never_matches() {
            warnings.push(format!(
                "{at}.{DOMAIN_KEY}: `{text}` never matches, hosts are compared without their port"
            ));
        }
    }
    patterns
}

/// A match list: an array or a single element, of texts or unsigned integers. Empty texts are
/// dropped; a list that is empty then is absent.
fn read_list(
    at: &str,
    key: &str,
    value: Option<Value>,
    warnings: &mut Vec<String>,
) -> Result<Option<Vec<String>>, WasmRustError> {
    let elements = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(elements)) => elements,
        Some(single) => vec![single],
    };
    let mut list = Vec::with_capacity(elements.len());
    for element in elements {
        match element {
            Value::String(text) if text.is_empty() => {
                warnings.push(format!("{at}.{key}: an empty text is dropped"));
            }
            Value::String(text) => list.push(text),
            Value::Number(number) if number.is_u64() => list.push(number.to_string()),
            _ => {
                return Err(WasmRustError::new(format!(
                    "{at}.{key} is not a list of texts or unsigned integers"
                )))
            }
        }
    }
    Ok((!list.is_empty()).then_some(list))
}

fn read_disable(at: &str, object: &mut Map<String, Value>, warnings: &mut Vec<String>) -> bool {
    match object.remove(DISABLE_KEY) {
        None => false,
        Some(Value::Bool(disabled)) => disabled,
        Some(Value::String(text)) if text == "true" || text == "false" => text == "true",
        Some(_) => {
            warnings.push(format!(
                "{at}.{DISABLE_KEY} is neither true nor false: not disabled"
            ));
            false
        }
    }
}
