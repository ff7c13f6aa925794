//! The matcher against the vectors that both SDKs share (`plugins/cases/rule-matcher`).

use std::path::Path;
use std::rc::Rc;

use proxy_wasm::native::{self, Host};
use proxy_wasm::traits::{Context, RootContext};
use proxy_wasm::types::{Bytes, Status};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{on_configure, RuleMatcher};
use crate::log::Log;

/// A configuration that is the object its parser was given; `name`, if present, must be a text.
#[derive(Debug, Default)]
struct Seen(Map<String, Value>);

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Map::deserialize(deserializer)?;
        match object.get("name") {
            None | Some(Value::String(_)) => Ok(Self(object)),
            Some(_) => Err(D::Error::custom("name is not a text")),
        }
    }
}

/// The same, and `name` must be there.
#[derive(Debug, Default)]
struct Named(Seen);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seen = Seen::deserialize(deserializer)?;
        match seen.0.contains_key("name") {
            true => Ok(Self(seen)),
            false => Err(D::Error::custom("name is missing")),
        }
    }
}

trait AsObject {
    fn as_object(&self) -> &Map<String, Value>;
}
impl AsObject for Seen {
    fn as_object(&self) -> &Map<String, Value> {
        &self.0
    }
}
impl AsObject for Named {
    fn as_object(&self) -> &Map<String, Value> {
        &self.0 .0
    }
}

/// A host that knows one request and the plug-in's configuration.
struct VectorHost {
    request: Value,
    configuration: Vec<u8>,
    /// The properties' names are those of newer hosts.
    new_names: bool,
}

impl Host for VectorHost {
    fn log(&self, _: u32, _: &[u8]) -> Result<(), Status> {
        Ok(())
    }
    fn get_buffer(&self, _: u32, _: usize, _: usize) -> Result<Bytes, Status> {
        Ok(self.configuration.clone())
    }
    fn get_map_value(&self, _: u32, key: &[u8]) -> Result<Bytes, Status> {
        assert_eq!(key, b":authority");
        self.fact("authority")
    }
    fn get_property(&self, path: &[u8]) -> Result<Bytes, Status> {
        let name = match (path, self.new_names) {
            (b"route_name", false) | (b"xds\0route_name", true) => "route",
            (b"cluster_name", false) | (b"xds\0cluster_name", true) => "cluster",
            _ => return Err(Status::NotFound),
        };
        self.fact(name)
    }
}

impl VectorHost {
    fn fact(&self, name: &str) -> Result<Bytes, Status> {
        let value = self.request[name].as_str().ok_or(Status::NotFound)?;
        Ok(value.as_bytes().to_vec())
    }
}

struct Root;
impl Context for Root {}
impl RootContext for Root {}

fn enter(request: &Value, configuration: &[u8], new_names: bool) {
    native::set_host(Some(Rc::new(VectorHost {
        request: request.clone(),
        configuration: configuration.to_vec(),
        new_names,
    })));
}

fn configuration_bytes(configuration: &Value) -> Vec<u8> {
    match configuration.get("raw") {
        Some(raw) => raw.as_str().unwrap().as_bytes().to_vec(),
        None => serde_json::to_vec(&configuration["json"]).unwrap(),
    }
}

fn check<C>(vector: &Value, new_names: bool) -> Result<(), String>
where
    C: Default + serde::de::DeserializeOwned + AsObject,
{
    let mut matcher = RuleMatcher::<C>::new();
    matcher.set_strict_global(vector["options"]["strict_global"] == true);
    matcher.set_rule_isolation(vector["options"]["rule_isolation"] == true);
    let configurations = vector["configurations"].as_array().unwrap();
    let mut accepted = false;
    for (index, configuration) in configurations.iter().enumerate() {
        let bytes = configuration_bytes(configuration);
        enter(&Value::Null, &bytes, new_names);
        accepted = on_configure(&Root, bytes.len(), &mut matcher, &Log::new("test".into()));
        if index + 1 < configurations.len() && !accepted {
            return Err(format!("configuration {index} is refused"));
        }
    }
    equal("accepted", &accepted.into(), &vector["accepted"])?;
    if let Some(warning) = vector.get("warning") {
        equal("warning", &(!matcher.warnings().is_empty()).into(), warning)?;
    }
    for request in vector["requests"].as_array().unwrap() {
        enter(request, b"", new_names);
        let matched = matcher.get_match_config();
        let id = matched.as_ref().map_or(-1, |matched| matched.0);
        let config = matched.map_or(Value::Null, |m| Value::Object(m.as_object().clone()));
        equal(
            &format!("rule_id of {request}"),
            &id.into(),
            &request["rule_id"],
        )?;
        equal(&format!("config of {request}"), &config, &request["config"])?;
    }
    Ok(())
}

fn equal(what: &str, got: &Value, expected: &Value) -> Result<(), String> {
    match got == expected {
        true => Ok(()),
        false => Err(format!("{what}: got {got}, expected {expected}")),
    }
}

fn failures(new_names: bool) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases/rule-matcher/vectors.json");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let rules = vectors["rules"].as_array().unwrap();
    assert!(rules.len() >= 54, "only {} vectors", rules.len());
    rules
        .iter()
        .filter_map(|vector| {
            let result = match vector["options"]["name_required"] == true {
                true => check::<Named>(vector, new_names),
                false => check::<Seen>(vector, new_names),
            };
            result
                .err()
                .map(|error| format!("{}: {error}", vector["id"]))
        })
        .collect()
}

#[test]
fn every_shared_vector_holds() {
    assert_eq!(failures(false), Vec::<String>::new());
}

#[test]
fn every_shared_vector_holds_with_the_newer_property_names() {
    assert_eq!(failures(true), Vec::<String>::new());
}
