//! What is blocked, and with which answer.

use std::collections::HashSet;

use higress_wasm_rust::config::{bool_or_text, integer_or_text};
use serde::Deserialize;

use crate::patterns::{ExpressionSet, TextSet};

/// The configuration as it is written.
#[derive(Deserialize)]
struct Written {
    #[serde(default = "default_code", deserialize_with = "integer_or_text")]
    blocked_code: u32,
    #[serde(default)]
    blocked_message: String,
    #[serde(default = "default_case", deserialize_with = "bool_or_text")]
    case_sensitive: bool,
    #[serde(default)]
    block_exact_urls: Vec<String>,
    #[serde(default)]
    block_regexp_urls: Vec<String>,
    #[serde(default)]
    block_urls: Vec<String>,
    #[serde(default)]
    block_headers: Vec<String>,
    #[serde(default)]
    block_bodies: Vec<String>,
    #[serde(default)]
    block_bodys: Vec<String>,
}

fn default_code() -> u32 {
    403
}

fn default_case() -> bool {
    true
}

/// The configuration, ready to be asked.
#[derive(Default, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct RequestBlockConfig {
    pub(crate) blocked_code: u32,
    pub(crate) blocked_message: String,
    case_sensitive: bool,
    /// In lower case unless `case_sensitive`.
    exact_urls: HashSet<Vec<u8>>,
    regexp_urls: ExpressionSet,
    urls: TextSet,
    pub(crate) headers: TextSet,
    pub(crate) bodies: TextSet,
}

impl TryFrom<Written> for RequestBlockConfig {
    type Error = String;

    fn try_from(mut written: Written) -> Result<Self, String> {
        if !(200..600).contains(&written.blocked_code) {
            return Err("blocked_code: must be between 200 and 599".to_string());
        }
        let exact_case = written.case_sensitive;
        refuse_empty("block_exact_urls", &written.block_exact_urls)?;
        let exact_urls = written
            .block_exact_urls
            .into_iter()
            .map(|url| match exact_case {
                true => url.into_bytes(),
                false => url.to_ascii_lowercase().into_bytes(),
            });
        written.block_bodies.append(&mut written.block_bodys);
        let texts = |key: &str, list: &[String]| {
            refuse_empty(key, list)?;
            TextSet::new(list, exact_case).map_err(|error| format!("{key}: {error}"))
        };
        let urls = texts("block_urls", &written.block_urls)?;
        let headers = texts("block_headers", &written.block_headers)?;
        let bodies = texts("block_bodies", &written.block_bodies)?;
        refuse_empty("block_regexp_urls", &written.block_regexp_urls)?;
        let regexp_urls = ExpressionSet::new(&written.block_regexp_urls, exact_case)
            .map_err(|error| format!("block_regexp_urls{error}"))?;
        Ok(Self {
            blocked_code: written.blocked_code,
            blocked_message: written.blocked_message,
            case_sensitive: exact_case,
            exact_urls: exact_urls.collect(),
            regexp_urls,
            urls,
            headers,
            bodies,
        })
    }
}

/// An empty text would be part of everything.
fn refuse_empty(key: &str, texts: &[String]) -> Result<(), String> {
    match texts.iter().position(String::is_empty) {
        Some(index) => Err(format!("{key}[{index}]: must not be empty")),
        None => Ok(()),
    }
}

impl RequestBlockConfig {
    pub(crate) fn looks_at_urls(&self) -> bool {
        !self.exact_urls.is_empty() || !self.regexp_urls.is_empty() || !self.urls.is_empty()
    }

    pub(crate) fn blocks_nothing(&self) -> bool {
        !self.looks_at_urls() && self.headers.is_empty() && self.bodies.is_empty()
    }

    /// `path`: with its query.
    pub(crate) fn blocks_url(&self, path: &[u8]) -> bool {
        self.is_exact_url(path) || self.regexp_urls.found_in(path) || self.urls.found_in(path)
    }

    fn is_exact_url(&self, path: &[u8]) -> bool {
        match self.case_sensitive {
            _ if self.exact_urls.is_empty() => false,
            true => self.exact_urls.contains(path),
            false => self.exact_urls.contains(&path.to_ascii_lowercase()),
        }
    }
}
