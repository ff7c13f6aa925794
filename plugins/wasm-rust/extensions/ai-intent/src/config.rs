//! Which model is asked, what for, and where question and answer stand.

use std::time::Duration;

use higress_wasm_rust::cluster_wrapper::FQDNCluster;
use higress_wasm_rust::config::integer_or_text;
use serde::Deserialize;
use serde_json::Value;
use serde_json_path::JsonPath;

const DEFAULT_MODEL: &str = "qwen-long";
const DEFAULT_TIMEOUT_MS: u64 = 10_000;
const DEFAULT_QUESTION: &str = "$.messages[0].content";
const DEFAULT_ANSWER: &str = "$.choices[0].message.content";

/// What is to be found out, and the answers that are possible.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
pub(crate) struct Category {
    pub(crate) use_for: String,
    #[serde(default)]
    pub(crate) options: Vec<String>,
}

#[derive(Deserialize)]
struct Written {
    prompt: Option<String>,
    categories: Option<Vec<Category>>,
    scene: Option<Scene>,
    llm: Llm,
    key_from: Option<KeyFrom>,
}

/// The older form of `categories` and `prompt`.
#[derive(Deserialize)]
struct Scene {
    categories: Option<Vec<Category>>,
    category: Option<SceneCategory>,
    prompt: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum SceneCategory {
    /// Options with `|` between them.
    Options(String),
    List(Vec<String>),
    Categories(Vec<Category>),
}

#[derive(Deserialize)]
struct Llm {
    proxy_service_name: String,
    proxy_url: String,
    proxy_model: Option<String>,
    #[serde(default, deserialize_with = "integer_or_text")]
    proxy_port: u16,
    #[serde(default)]
    proxy_domain: String,
    #[serde(default = "default_timeout", deserialize_with = "integer_or_text")]
    proxy_timeout: u64,
    #[serde(default)]
    proxy_api_key: String,
}

fn default_timeout() -> u64 {
    DEFAULT_TIMEOUT_MS
}

#[derive(Default, Deserialize)]
struct KeyFrom {
    request_body: Option<String>,
    response_body: Option<String>,
}

/// Where the model is.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    service_name: String,
    port: u16,
    domain: String,
    pub(crate) url: String,
    pub(crate) name: String,
    pub(crate) timeout: Duration,
    pub(crate) api_key: String,
}

impl Model {
    pub(crate) fn cluster(&self) -> FQDNCluster {
        FQDNCluster::new(&self.service_name, &self.domain, self.port)
    }
}

/// The configuration, ready to be used. The default one is never used on a request.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct AiIntentConfig {
    pub(crate) prompt: Option<String>,
    pub(crate) categories: Vec<Category>,
    pub(crate) model: Option<Model>,
    question: Option<JsonPath>,
    answer: Option<JsonPath>,
}

impl TryFrom<Written> for AiIntentConfig {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let (scene_categories, scene_prompt) = match written.scene {
            Some(scene) => (
                scene_categories(scene.categories, scene.category),
                scene.prompt,
            ),
            None => (None, None),
        };
        let categories = written.categories.or(scene_categories).unwrap_or_default();
        if categories.is_empty() {
            return Err("categories: at least one is needed".to_string());
        }
        let key_from = written.key_from.unwrap_or_default();
        let path = |field: &str, text: Option<String>, otherwise: &str| {
            let text = text.unwrap_or_else(|| otherwise.to_string());
            JsonPath::parse(&text).map_err(|error| format!("key_from.{field}: {error}"))
        };
        Ok(Self {
            prompt: written.prompt.or(scene_prompt),
            categories,
            model: Some(read_model(written.llm)?),
            question: Some(path(
                "request_body",
                key_from.request_body,
                DEFAULT_QUESTION,
            )?),
            answer: Some(path(
                "response_body",
                key_from.response_body,
                DEFAULT_ANSWER,
            )?),
        })
    }
}

fn scene_categories(
    categories: Option<Vec<Category>>,
    category: Option<SceneCategory>,
) -> Option<Vec<Category>> {
    let single = |options: Vec<String>| {
        vec![Category {
            use_for: "scene".to_string(),
            options,
        }]
    };
    categories.or(match category? {
        SceneCategory::Categories(categories) => Some(categories),
        SceneCategory::List(options) => Some(single(options)),
        SceneCategory::Options(text) => {
            let options = text
                .split('|')
                .map(str::trim)
                .filter(|option| !option.is_empty());
            Some(single(options.map(str::to_string).collect()))
        }
    })
}

fn read_model(llm: Llm) -> Result<Model, String> {
    let url: http::Uri = llm
        .proxy_url
        .parse()
        .map_err(|error| format!("llm.proxy_url: {error}"))?;
    let port_of_scheme = if url.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let port = match llm.proxy_port {
        0 => url.port_u16().unwrap_or(port_of_scheme),
        port => port,
    };
    let domain = match llm.proxy_domain.is_empty() {
        true => url.host().unwrap_or_default().to_string(),
        false => llm.proxy_domain,
    };
    Ok(Model {
        service_name: llm.proxy_service_name,
        port,
        domain,
        url: llm.proxy_url,
        name: llm.proxy_model.unwrap_or_else(|| DEFAULT_MODEL.to_string()),
        timeout: Duration::from_millis(llm.proxy_timeout),
        api_key: llm.proxy_api_key,
    })
}

impl AiIntentConfig {
    /// The question in a request's body; `None` when there is none.
    pub(crate) fn question(&self, body: &[u8]) -> Option<String> {
        find_text(self.question.as_ref()?, body)
    }

    /// The answer in the body of the model's response.
    pub(crate) fn answer(&self, body: &[u8]) -> Option<String> {
        find_text(self.answer.as_ref()?, body)
    }
}

fn find_text(path: &JsonPath, body: &[u8]) -> Option<String> {
    let document: Value = serde_json::from_slice(body).ok()?;
    let found = path.query(&document).first()?;
    match found {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}
