//! Different configurations of one plug-in for different routes, domains and services.
//!
//! A configuration object may carry `_rules_`, each rule with match lists (`_match_route_`,
//! `_match_route_prefix_`, `_match_service_`, `_match_domain_`), an optional `_disable_` and the rest
//! as the plug-in's configuration there. The keys beside `_rules_` are the global configuration, used
//! where no rule matches. Rules are tried in order, the first that matches wins, and nothing is
//! inherited from the global configuration unless [`RuleMatcher::override_config`] says so.

mod pattern;
mod request;
mod rule;
#[cfg(test)]
mod vectors_test;

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;

use proxy_wasm::traits::RootContext;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::WasmRustError;
use crate::log::Log;
use request::RequestFacts;
use rule::{read_rules, Rule};

/// A matcher shared by a root context and the contexts of its requests.
pub type SharedRuleMatcher<C> = Rc<RefCell<RuleMatcher<C>>>;

const RULES_KEY: &str = "_rules_";
const PLUGIN_ID_KEY: &str = "_plugin_id_";
const GLOBAL_ID: i64 = 0;

/// The configuration chosen for a request: its id and itself.
///
/// The id is 0 for the global configuration and position + 1 for a rule. The value dereferences to
/// the configuration, so `matched.field` works as well as `matched.1.field`.
#[derive(Debug)]
pub struct MatchedConfig<C>(pub i64, pub Rc<C>);

impl<C> Clone for MatchedConfig<C> {
    fn clone(&self) -> Self {
        Self(self.0, Rc::clone(&self.1))
    }
}

impl<C> Deref for MatchedConfig<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.1
    }
}

/// The rules and the global configuration of a plug-in.
#[derive(Debug)]
pub struct RuleMatcher<C> {
    rules: Vec<Rule<C>>,
    global: Option<Rc<C>>,
    plugin_id: Option<String>,
    warnings: Vec<String>,
    strict_global: bool,
    rule_isolation: bool,
}

impl<C> Default for RuleMatcher<C> {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            global: None,
            plugin_id: None,
            warnings: Vec::new(),
            strict_global: false,
            rule_isolation: false,
        }
    }
}

impl<C> RuleMatcher<C> {
    /// A matcher without rules and without a global configuration: it matches nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a global configuration that does not parse refuses everything even beside rules.
    /// Off by default: then the rules stand and a warning says so.
    pub fn set_strict_global(&mut self, strict: bool) {
        self.strict_global = strict;
    }

    /// Whether a rule that does not parse leaves the others standing. Off by default: then it refuses
    /// everything. When on, such a rule keeps its last good configuration (of the rule with the same
    /// match lists), or is left out.
    pub fn set_rule_isolation(&mut self, isolation: bool) {
        self.rule_isolation = isolation;
    }

    /// What was odd about the last configuration read, one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The text of `_plugin_id_` in the last configuration read.
    pub fn plugin_id(&self) -> Option<&str> {
        self.plugin_id.as_deref()
    }

    /// Every configuration that is in use: the global one and those of rules that are not disabled.
    pub fn configs(&self) -> impl Iterator<Item = &C> {
        let rules = self.rules.iter().filter_map(|rule| rule.config.as_deref());
        self.global.as_deref().into_iter().chain(rules)
    }

    /// Forgets rules and global configuration, so that nothing matches.
    fn clear(&mut self) {
        self.rules.clear();
        self.global = None;
        self.plugin_id = None;
        self.warnings.clear();
    }

    /// The configuration for the request whose context runs now; `None` when there is none for it.
    pub fn get_match_config(&self) -> Option<MatchedConfig<C>> {
        let request = RequestFacts::default();
        let Some(rule) = self.rules.iter().find(|rule| rule.matches(&request)) else {
            return self
                .global
                .as_ref()
                .map(|global| MatchedConfig(GLOBAL_ID, Rc::clone(global)));
        };
        rule.config
            .as_ref()
            .map(|config| MatchedConfig(rule.id, Rc::clone(config)))
    }

    /// Makes each rule's configuration anew from (rule, global). Without a global nothing happens.
    pub fn override_config(&mut self, override_func: fn(&C, &C) -> C) {
        let Some(global) = &self.global else { return };
        for config in self
            .rules
            .iter_mut()
            .filter_map(|rule| rule.config.as_mut())
        {
            *config = Rc::new(override_func(config, global));
        }
    }

    /// Makes every configuration, the global one included, anew.
    pub fn rewrite_config(&mut self, rewrite_func: fn(&C) -> C) {
        let rules = self
            .rules
            .iter_mut()
            .filter_map(|rule| rule.config.as_mut());
        for config in self.global.iter_mut().chain(rules) {
            *config = Rc::new(rewrite_func(config));
        }
    }
}

impl<C: Default + DeserializeOwned> RuleMatcher<C> {
    /// Reads a configuration; it replaces rules and global wholly.
    ///
    /// Errors: not an object, a malformed rule, or a part that is not the plug-in's configuration;
    /// the matcher is then unchanged. The text names the JSON path.
    pub fn parse_rule_config(&mut self, config: &Value) -> Result<(), WasmRustError> {
        let Value::Object(object) = config else {
            return Err(WasmRustError::new(
                "$: the configuration is not a JSON object".into(),
            ));
        };
        let mut rest = object.clone();
        let mut warnings = Vec::new();
        let plugin_id = match rest.remove(PLUGIN_ID_KEY) {
            Some(Value::String(id)) => Some(id),
            _ => None,
        };
        let rule_values = rule_list(rest.remove(RULES_KEY), &mut warnings)?;
        let global = match (&rule_values, rest.is_empty()) {
            (Some(_), true) => None,
            _ => Some(parse_config::<C>("$", rest)),
        };
        let rule_values = rule_values.unwrap_or_default();
        let global = self.keep_or_refuse(global, !rule_values.is_empty(), &mut warnings)?;
        let last_good = self.rule_isolation.then_some(self.rules.as_slice());
        let rules = read_rules(rule_values, last_good, &mut warnings)?;
        if rules.none_usable && global.is_none() {
            return Err(WasmRustError::new(
                "parse config failed, no valid rules; no global config".into(),
            ));
        }
        self.rules = rules.rules;
        self.global = global.map(Rc::new);
        self.plugin_id = plugin_id;
        self.warnings = warnings;
        Ok(())
    }

    /// A global configuration that does not parse: fatal alone or in strict mode, else left out.
    fn keep_or_refuse(
        &self,
        global: Option<Result<C, WasmRustError>>,
        has_rules: bool,
        warnings: &mut Vec<String>,
    ) -> Result<Option<C>, WasmRustError> {
        match global {
            None => Ok(None),
            Some(Ok(config)) => Ok(Some(config)),
            Some(Err(error)) if has_rules && !self.strict_global => {
                warnings.push(format!("the global configuration is left out: {error}"));
                Ok(None)
            }
            Some(Err(error)) if has_rules => Err(error),
            Some(Err(error)) => Err(WasmRustError::new(format!(
                "parse config failed, no valid rules; global config parse error: {error}"
            ))),
        }
    }
}

/// The value of `_rules_`: an array, or one rule as an object; `None` when absent or null.
fn rule_list(
    value: Option<Value>,
    warnings: &mut Vec<String>,
) -> Result<Option<Vec<Value>>, WasmRustError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(rules)) => {
            if rules.is_empty() {
                warnings.push(format!("$.{RULES_KEY} is empty"));
            }
            Ok(Some(rules))
        }
        Some(rule @ Value::Object(_)) => Ok(Some(vec![rule])),
        Some(_) => Err(WasmRustError::new(format!(
            "$.{RULES_KEY} is not an array of rules"
        ))),
    }
}

/// The plug-in's configuration out of an object; the error has the path below `at`.
fn parse_config<C: DeserializeOwned>(
    at: &str,
    object: Map<String, Value>,
) -> Result<C, WasmRustError> {
    serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| {
        let path = error.path().to_string();
        let at = if path == "." {
            at.to_string()
        } else {
            format!("{at}.{path}")
        };
        WasmRustError::new(format!("{at}: {}", error.inner()))
    })
}

/// Reads the plug-in's configuration in `on_configure` and returns what that callback returns.
///
/// No configuration at all is accepted and matches nothing. What was odd is logged as warnings, what
/// is wrong as an error.
pub fn on_configure<RC: RootContext, C: Default + DeserializeOwned>(
    root_context: &RC,
    plugin_configuration_size: usize,
    rule_matcher: &mut RuleMatcher<C>,
    log: &Log,
) -> bool {
    if plugin_configuration_size == 0 {
        rule_matcher.clear();
        return true;
    }
    let Some(bytes) = root_context.get_plugin_configuration() else {
        log.error("the host announced a plugin configuration and gave none");
        return false;
    };
    let value: Value = match serde_json::from_slice(&bytes) {
        Ok(value) => value,
        Err(error) => {
            log.error(&format!(
                "cannot parse plugin configuration JSON string: {error}"
            ));
            return false;
        }
    };
    if let Err(error) = rule_matcher.parse_rule_config(&value) {
        log.error(&format!("parse_rule_config fail: {error}"));
        return false;
    }
    if let Some(id) = rule_matcher.plugin_id() {
        log.rename(id);
    }
    for warning in rule_matcher.warnings() {
        log.warn(warning);
    }
    true
}
