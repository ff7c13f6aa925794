//! Replacing what must not leave, and putting it back.

use std::collections::HashMap;

use fancy_regex::{Captures, Regex, RegexBuilder};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::grok;

/// Steps that one search may go back; beyond, the text counts as refused.
const BACKTRACK_LIMIT: usize = 200_000;

/// A search went back too often, so what is to be masked is not known.
#[derive(Debug)]
pub(crate) struct TooHard(pub(crate) String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RoleType {
    Replace,
    Hash,
}

#[derive(Deserialize)]
pub(crate) struct WrittenRole {
    regex: String,
    #[serde(rename = "type")]
    kind: RoleType,
    #[serde(default, deserialize_with = "higress_wasm_rust::config::bool_or_text")]
    restore: bool,
    #[serde(default)]
    value: String,
}

/// One kind of text that is replaced.
#[derive(Debug, Deserialize)]
#[serde(try_from = "WrittenRole")]
pub(crate) struct Role {
    regex: Regex,
    kind: RoleType,
    restore: bool,
    value: String,
}

impl TryFrom<WrittenRole> for Role {
    type Error = String;

    fn try_from(written: WrittenRole) -> Result<Self, String> {
        let pattern = grok::expand(&written.regex).map_err(|error| format!("regex: {error}"))?;
        let regex = RegexBuilder::new(&pattern)
            .backtrack_limit(BACKTRACK_LIMIT)
            .build()
            .map_err(|error| format!("regex: {error}"))?;
        Ok(Self {
            regex,
            kind: written.kind,
            restore: written.restore,
            value: written.value,
        })
    }
}

impl Role {
    fn mask(&self, captures: &Captures) -> String {
        let found = captures.get(0).map_or("", |found| found.as_str());
        match self.kind {
            RoleType::Hash => {
                let digest = Sha256::digest(found.as_bytes());
                digest.iter().map(|byte| format!("{byte:02x}")).collect()
            }
            RoleType::Replace => {
                let mut mask = String::new();
                captures.expand(&self.value, &mut mask);
                mask
            }
        }
    }

    /// The text with every match replaced. An empty match is left alone.
    fn apply(&self, text: &str, masks: &mut Masks) -> Result<String, TooHard> {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for captures in self.regex.captures_iter(text) {
            let captures = captures.map_err(|error| TooHard(error.to_string()))?;
            let Some(found) = captures.get(0).filter(|found| !found.as_str().is_empty()) else {
                continue;
            };
            let mask = self.mask(&captures);
            if self.restore {
                masks.remember(&mask, found.as_str());
            }
            out.push_str(&text[done..found.start()]);
            out.push_str(&mask);
            done = found.end();
        }
        out.push_str(&text[done..]);
        Ok(out)
    }
}

/// Applies all roles in order. Errors: a search that went back too often.
pub(crate) fn mask(roles: &[Role], text: &str, masks: &mut Masks) -> Result<String, TooHard> {
    let mut text = text.to_string();
    for role in roles {
        text = role.apply(&text, masks)?;
    }
    Ok(text)
}

/// What stands behind the masks of one request.
#[derive(Debug, Default)]
pub(crate) struct Masks {
    /// `None`: two originals share the mask, so it cannot be put back.
    originals: HashMap<String, Option<String>>,
}

impl Masks {
    fn remember(&mut self, mask: &str, original: &str) {
        if mask.is_empty() {
            return;
        }
        self.originals
            .entry(mask.to_string())
            .and_modify(|known| {
                if known.as_deref() != Some(original) {
                    *known = None;
                }
            })
            .or_insert_with(|| Some(original.to_string()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.originals.is_empty()
    }

    /// The length of the longest mask, in characters.
    pub(crate) fn longest_chars(&self) -> usize {
        self.originals
            .keys()
            .map(|mask| mask.chars().count())
            .max()
            .unwrap_or(0)
    }

    /// The masks in a text with their originals: start, end, original; left to right, the longest first
    /// where several begin.
    fn found_in<'a>(&'a self, text: &str) -> Vec<(usize, usize, &'a str)> {
        let mut found = Vec::new();
        for (mask, original) in &self.originals {
            let Some(original) = original else { continue };
            let places = text.match_indices(mask.as_str());
            found
                .extend(places.map(|(start, mask)| (start, start + mask.len(), original.as_str())));
        }
        found.sort_by_key(|(start, end, _)| (*start, usize::MAX - end));
        let mut last_end = 0;
        found.retain(|(start, end, _)| {
            let free = *start >= last_end;
            if free {
                last_end = *end;
            }
            free
        });
        found
    }

    /// The text with every mask put back.
    pub(crate) fn restore(&self, text: &str) -> String {
        self.restore_until(text, text.len()).0
    }

    /// The same for a JSON text: originals are put back as they stand inside of JSON strings.
    pub(crate) fn restore_in_json(&self, text: &str) -> String {
        let encode = |original: &String| {
            let quoted = serde_json::Value::from(original.as_str()).to_string();
            quoted[1..quoted.len() - 1].to_string()
        };
        let originals = self.originals.iter();
        let encoded = Self {
            originals: originals
                .map(|(mask, original)| (mask.clone(), original.as_ref().map(encode)))
                .collect(),
        };
        encoded.restore(text)
    }

    /// Puts masks back in the text up to about `cut`, so that no mask is torn: the restored part, and
    /// the byte up to which it goes.
    pub(crate) fn restore_until(&self, text: &str, cut: usize) -> (String, usize) {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for (start, end, original) in self.found_in(text) {
            if start >= cut {
                break;
            }
            out.push_str(&text[done..start]);
            out.push_str(original);
            done = end;
        }
        let end = done.max(cut);
        out.push_str(&text[done..end]);
        (out, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(json: &str) -> Role {
        serde_json::from_str(json).unwrap()
    }

    fn masked(roles: &[Role], text: &str) -> (String, Masks) {
        let mut masks = Masks::default();
        let masked = mask(roles, text, &mut masks).unwrap();
        (masked, masks)
    }

    #[test]
    fn a_replacement_may_use_groups_and_is_not_put_back_by_default() {
        let roles = [role(
            r#"{"regex": "%{EMAILLOCALPART:user}@(\\w+)\\.com", "type": "replace", "value": "$user@***.com"}"#,
        )];
        let (text, masks) = masked(&roles, "to ann@example.com and bob@test.com");
        assert_eq!(text, "to ann@***.com and bob@***.com");
        assert!(masks.is_empty());
    }

    #[test]
    fn a_hash_is_put_back_when_asked_for() {
        let roles = [role(
            r#"{"regex": "sk-[0-9a-z]+", "type": "hash", "restore": "true"}"#,
        )];
        let (text, masks) = masked(&roles, "key sk-abc!");
        // SHA-256 of "sk-abc".
        let hash = text
            .strip_prefix("key ")
            .unwrap()
            .strip_suffix('!')
            .unwrap();
        assert_eq!(hash.len(), 64);
        assert_eq!(masks.longest_chars(), 64);
        assert_eq!(masks.restore(&format!("<{hash}>")), "<sk-abc>");
    }

    #[test]
    fn a_known_hash() {
        let roles = [role(r#"{"regex": "abc", "type": "hash"}"#)];
        let (text, masks) = masked(&roles, "abc");
        assert_eq!(
            text,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(masks.is_empty());
    }

    #[test]
    fn a_mask_of_two_originals_is_not_put_back() {
        let roles = [role(
            r#"{"regex": "\\d+", "type": "replace", "value": "N", "restore": true}"#,
        )];
        let (text, masks) = masked(&roles, "1 and 1");
        assert_eq!(masks.restore(&text), "1 and 1");
        let (text, masks) = masked(&roles, "1 and 2");
        assert_eq!(masks.restore(&text), "N and N");
    }

    #[test]
    fn roles_apply_in_order_each_on_the_others_result() {
        let roles = [
            role(r#"{"regex": "a", "type": "replace", "value": "b"}"#),
            role(r#"{"regex": "b", "type": "replace", "value": "c"}"#),
        ];
        assert_eq!(masked(&roles, "ab").0, "cc");
    }

    #[test]
    fn look_around_and_back_references_work_and_empty_matches_are_left() {
        let roles = [role(
            r#"{"regex": "(?<=id=)(\\w)\\1", "type": "replace", "value": "*"}"#,
        )];
        assert_eq!(masked(&roles, "id=aa id=ab").0, "id=* id=ab");
        let roles = [role(r#"{"regex": "x*", "type": "replace", "value": "*"}"#)];
        assert_eq!(masked(&roles, "axxb").0, "a*b");
    }

    #[test]
    fn a_cut_never_tears_a_mask() {
        let mut masks = Masks::default();
        masks.remember("MASK", "original");
        assert_eq!(
            masks.restore_until("ab MASK cd", 5),
            ("ab original".to_string(), 7)
        );
        assert_eq!(masks.restore_until("ab MASK cd", 3), ("ab ".to_string(), 3));
        assert_eq!(
            masks.restore_until("ab MASK cd", 9),
            ("ab original c".to_string(), 9)
        );
    }

    #[test]
    fn a_search_without_end_is_an_error() {
        let roles = [role(
            r#"{"regex": "(?=(a+))(?:a|aa|\\1)+$b", "type": "replace"}"#,
        )];
        assert!(mask(&roles, &"a".repeat(200), &mut Masks::default()).is_err());
    }

    #[test]
    fn a_role_that_is_none_is_refused() {
        for json in [
            r#"{"type": "hash"}"#,
            r#"{"regex": "a"}"#,
            r#"{"regex": "a", "type": "drop"}"#,
            r#"{"regex": "(", "type": "hash"}"#,
            r#"{"regex": "%{NOPE}", "type": "hash"}"#,
        ] {
            assert!(serde_json::from_str::<Role>(json).is_err(), "{json}");
        }
    }
}
