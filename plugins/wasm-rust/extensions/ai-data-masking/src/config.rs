//! What is denied, what is masked, and where.

use std::rc::Rc;

use higress_wasm_rust::config::{bool_or_text, integer_or_text};
use serde::Deserialize;
use serde_json_path::JsonPath;

use crate::masking::Role;
use crate::words::WordSet;

const DENY_MESSAGE: &str = "提问或回答中包含敏感词，已被屏蔽";
const DENY_RAW_MESSAGE: &str = r#"{"errmsg":"提问或回答中包含敏感词，已被屏蔽"}"#;

#[derive(Deserialize)]
#[serde(default)]
struct Written {
    #[serde(deserialize_with = "bool_or_text")]
    deny_openai: bool,
    #[serde(deserialize_with = "bool_or_text")]
    deny_raw: bool,
    #[serde(deserialize_with = "bool_or_text")]
    system_deny: bool,
    deny_jsonpath: Vec<String>,
    deny_words: Vec<String>,
    #[serde(deserialize_with = "integer_or_text")]
    deny_code: u32,
    deny_message: String,
    deny_raw_message: String,
    deny_content_type: String,
    replace_roles: Vec<Role>,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            deny_openai: true,
            deny_raw: false,
            system_deny: false,
            deny_jsonpath: Vec::new(),
            deny_words: Vec::new(),
            deny_code: 200,
            deny_message: DENY_MESSAGE.to_string(),
            deny_raw_message: DENY_RAW_MESSAGE.to_string(),
            deny_content_type: "application/json".to_string(),
            replace_roles: Vec::new(),
        }
    }
}

/// The configuration, ready to be used. Word lists are made only when it asks for them.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct MaskingConfig {
    pub(crate) deny_openai: bool,
    pub(crate) deny_raw: bool,
    pub(crate) deny_jsonpath: Vec<JsonPath>,
    pub(crate) deny_code: u32,
    pub(crate) deny_message: String,
    pub(crate) deny_raw_message: String,
    pub(crate) deny_content_type: String,
    pub(crate) replace_roles: Rc<Vec<Role>>,
    words: Vec<Rc<WordSet>>,
}

impl TryFrom<Written> for MaskingConfig {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        if !(200..600).contains(&written.deny_code) {
            return Err("deny_code: must be between 200 and 599".to_string());
        }
        let paths = written
            .deny_jsonpath
            .iter()
            .enumerate()
            .map(|(index, path)| {
                JsonPath::parse(path).map_err(|error| format!("deny_jsonpath[{index}]: {error}"))
            });
        let own = WordSet::new(&written.deny_words, false)
            .map_err(|error| format!("deny_words: {error}"))?;
        let system = if written.system_deny {
            WordSet::system()
        } else {
            None
        };
        Ok(Self {
            deny_openai: written.deny_openai,
            deny_raw: written.deny_raw,
            deny_jsonpath: paths.collect::<Result<_, _>>()?,
            deny_code: written.deny_code,
            deny_message: written.deny_message,
            deny_raw_message: written.deny_raw_message,
            deny_content_type: written.deny_content_type,
            replace_roles: Rc::new(written.replace_roles),
            words: own.map(Rc::new).into_iter().chain(system).collect(),
        })
    }
}

impl MaskingConfig {
    /// Whether there are words to be denied.
    pub(crate) fn denies(&self) -> bool {
        !self.words.is_empty()
    }

    /// Whether a text has one of the words. `before`, `complete`: as in `WordSet::found_in`.
    pub(crate) fn is_denied(&self, text: &str, before: Option<char>, complete: bool) -> bool {
        self.words
            .iter()
            .any(|words| words.found_in(text, before, complete))
    }

    /// The length of the longest word that is denied, in characters.
    pub(crate) fn longest_word_chars(&self) -> usize {
        self.words
            .iter()
            .map(|words| words.longest_chars())
            .max()
            .unwrap_or(0)
    }
}
