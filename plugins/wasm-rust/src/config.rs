//! Reading configuration values as people write them.
//!
//! For `#[serde(deserialize_with = "…")]`: numbers may come as text (`"403"`), switches too
//! (`"true"`). Everything else of the wrong type is refused.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum BoolOrText {
    Bool(bool),
    Text(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum IntegerOrText {
    Unsigned(u64),
    Signed(i64),
    Text(String),
}

/// A bool, or the text `true` or `false`.
pub fn bool_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = BoolOrText::deserialize(deserializer)
        .map_err(|_| D::Error::custom("expected true or false"))?;
    match value {
        BoolOrText::Bool(value) => Ok(value),
        BoolOrText::Text(text) => match text.as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(D::Error::custom("expected true or false")),
        },
    }
}

/// An integer of the field's type, or its decimal text.
pub fn integer_or_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64> + TryFrom<i64> + FromStr,
    <T as FromStr>::Err: Display,
{
    let value = IntegerOrText::deserialize(deserializer)
        .map_err(|_| D::Error::custom("expected an integer"))?;
    let integer = match &value {
        IntegerOrText::Unsigned(number) => T::try_from(*number).ok(),
        IntegerOrText::Signed(number) => T::try_from(*number).ok(),
        IntegerOrText::Text(text) => text.parse().ok(),
    };
    integer.ok_or_else(|| D::Error::custom("expected an integer in the field's range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        #[serde(default, deserialize_with = "bool_or_text")]
        switch: bool,
        #[serde(default, deserialize_with = "integer_or_text")]
        port: u16,
    }

    fn read(json: &str) -> Result<(bool, u16), String> {
        let sample = serde_json::from_str::<Sample>(json);
        sample
            .map(|s| (s.switch, s.port))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn values_and_their_texts_are_read() {
        assert_eq!(read(r#"{"switch": true, "port": 80}"#), Ok((true, 80)));
        assert_eq!(read(r#"{"switch": "true", "port": "80"}"#), Ok((true, 80)));
        assert_eq!(read(r#"{"switch": "false"}"#), Ok((false, 0)));
        assert_eq!(read("{}"), Ok((false, 0)));
    }

    #[test]
    fn other_types_and_numbers_out_of_range_are_refused() {
        for json in [
            r#"{"switch": 1}"#,
            r#"{"switch": "yes"}"#,
            r#"{"port": 65536}"#,
            r#"{"port": "65536"}"#,
            r#"{"port": -1}"#,
            r#"{"port": 1.5}"#,
            r#"{"port": []}"#,
            r#"{"port": "x"}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
