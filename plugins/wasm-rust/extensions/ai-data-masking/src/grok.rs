//! Named building blocks of regular expressions: `%{NAME}` and `%{NAME:alias}`.

/// How deep names may stand for names.
const MAX_DEPTH: usize = 8;

/// The names that are known, with what they stand for.
const PATTERNS: &[(&str, &str)] = &[
    // text
    ("WORD", r"\b\w+\b"),
    ("NOTSPACE", r"\S+"),
    ("SPACE", r"\s*"),
    ("DATA", r".*?"),
    ("GREEDYDATA", r".*"),
    ("QUOTEDSTRING", r#"(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"#),
    ("QS", r"%{QUOTEDSTRING}"),
    // numbers
    ("INT", r"[+-]?\d+"),
    ("POSINT", r"\b[1-9]\d*\b"),
    ("NONNEGINT", r"\b\d+\b"),
    ("BASE10NUM", r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)"),
    ("NUMBER", r"%{BASE10NUM}"),
    ("BASE16NUM", r"[+-]?(?:0[xX])?[0-9A-Fa-f]+"),
    // people and things
    ("USERNAME", r"[A-Za-z0-9._-]+"),
    ("USER", r"%{USERNAME}"),
    (
        "EMAILLOCALPART",
        r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*",
    ),
    ("EMAILADDRESS", r"%{EMAILLOCALPART}@%{HOSTNAME}"),
    ("MOBILE", r"\d{8,11}"),
    ("IDCARD", r"(?:\d{17}[0-9xX]|\d{15})"),
    (
        "UUID",
        r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    ),
    // networks
    ("MAC", r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}"),
    (
        "IPV4",
        r"(?<![0-9])(?:(?:25[0-5]|2[0-4]\d|1?\d{1,2})\.){3}(?:25[0-5]|2[0-4]\d|1?\d{1,2})(?![0-9])",
    ),
    (
        "IPV6",
        r"(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,7}:(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,5})?|::(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?)",
    ),
    ("IP", r"(?:%{IPV4}|%{IPV6})"),
    (
        "HOSTNAME",
        r"\b[0-9A-Za-z](?:[0-9A-Za-z-]{0,62})(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*\b",
    ),
    ("IPORHOST", r"(?:%{IP}|%{HOSTNAME})"),
    ("HOSTPORT", r"%{IPORHOST}:%{POSINT}"),
    ("UNIXPATH", r"(?:/[\w.%!$@:,~+-]*)+"),
    ("WINPATH", r"[A-Za-z]:(?:\\[^\\?*\s]*)+"),
    ("PATH", r"(?:%{UNIXPATH}|%{WINPATH})"),
    ("URIPROTO", r"[A-Za-z][A-Za-z0-9+.-]*"),
    ("URIHOST", r"%{IPORHOST}(?::%{POSINT})?"),
    ("URIPATH", r"(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+"),
    ("URIPARAM", r"\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\[\]<>-]*"),
    ("URIPATHPARAM", r"%{URIPATH}(?:%{URIPARAM})?"),
    (
        "URI",
        r"%{URIPROTO}://(?:%{USER}(?::[^@\s]*)?@)?%{URIHOST}(?:%{URIPATHPARAM})?",
    ),
    // dates and times
    ("YEAR", r"\d{4}"),
    ("MONTHNUM", r"(?:0?[1-9]|1[0-2])"),
    ("MONTHDAY", r"(?:0[1-9]|[12]\d|3[01]|[1-9])"),
    (
        "MONTH",
        r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b",
    ),
    ("DAY", r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\b"),
    ("HOUR", r"(?:2[0-3]|[01]?\d)"),
    ("MINUTE", r"[0-5]\d"),
    ("SECOND", r"(?:[0-5]\d|60)(?:[.,]\d+)?"),
    ("TIME", r"%{HOUR}:%{MINUTE}(?::%{SECOND})?"),
    ("DATE_US", r"%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}"),
    ("DATE_EU", r"%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}"),
    ("DATE", r"(?:%{DATE_US}|%{DATE_EU})"),
    ("ISO8601_TIMEZONE", r"(?:Z|[+-]%{HOUR}:?%{MINUTE})"),
    (
        "TIMESTAMP_ISO8601",
        r"%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{TIME}(?:%{ISO8601_TIMEZONE})?",
    ),
    (
        "LOGLEVEL",
        r"\b(?i:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|emerg)\b",
    ),
];

/// The regular expression with every name put in.
///
/// Errors: an unknown name, a `%{` that does not close, an alias that is no name of a group.
pub(crate) fn expand(pattern: &str) -> Result<String, String> {
    expand_at(pattern, 0)
}

fn expand_at(pattern: &str, depth: usize) -> Result<String, String> {
    if depth > MAX_DEPTH {
        return Err("names stand for names too deeply".to_string());
    }
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(start) = rest.find("%{") {
        out.push_str(&rest[..start]);
        let inside = &rest[start + 2..];
        let end = inside.find('}').ok_or("`%{` without `}`")?;
        let (name, alias) = match inside[..end].split_once(':') {
            Some((name, alias)) => (name, Some(alias)),
            None => (&inside[..end], None),
        };
        let known = PATTERNS.iter().find(|(known, _)| *known == name);
        let (_, text) = known.ok_or_else(|| format!("the name `{name}` is not known"))?;
        let text = expand_at(text, depth + 1)?;
        match alias {
            Some(alias) if is_group_name(alias) => out.push_str(&format!("(?<{alias}>{text})")),
            Some(alias) => return Err(format!("`{alias}` cannot be the name of a group")),
            None => out.push_str(&format!("(?:{text})")),
        }
        rest = &inside[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn is_group_name(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use fancy_regex::Regex;

    use super::*;

    /// The first match of a pattern in a text.
    fn first<'t>(pattern: &str, text: &'t str) -> Option<&'t str> {
        let regex = Regex::new(&expand(pattern).unwrap()).unwrap();
        regex.find(text).unwrap().map(|found| found.as_str())
    }

    #[test]
    fn every_name_expands_to_a_valid_expression() {
        for (name, _) in PATTERNS {
            let expanded = expand(&format!("%{{{name}:it}}")).unwrap();
            Regex::new(&expanded).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn names_match_what_they_say() {
        for (name, text, expected) in [
            ("MOBILE", "call 13800138000 now", Some("13800138000")),
            (
                "IDCARD",
                "id 11010519491231002X.",
                Some("11010519491231002X"),
            ),
            ("IP", "from 10.0.0.255:80", Some("10.0.0.255")),
            ("IPV4", "1.2.3.456", None),
            ("IPV6", "at [fe80::1]", Some("fe80::1")),
            (
                "EMAILADDRESS",
                "to a.b+c@ex-ample.co.uk!",
                Some("a.b+c@ex-ample.co.uk"),
            ),
            (
                "UUID",
                "x 123e4567-e89b-12d3-a456-426614174000",
                Some("123e4567-e89b-12d3-a456-426614174000"),
            ),
            (
                "TIMESTAMP_ISO8601",
                "on 2024-02-03T04:05:06Z",
                Some("2024-02-03T04:05:06Z"),
            ),
            (
                "URI",
                "see https://u:p@h.com:8443/p?q=1 .",
                Some("https://u:p@h.com:8443/p?q=1"),
            ),
            ("LOGLEVEL", "[WARNING] x", Some("WARNING")),
            ("QUOTEDSTRING", r#"a "b \" c" d"#, Some(r#""b \" c""#)),
        ] {
            assert_eq!(first(&format!("%{{{name}}}"), text), expected, "{name}");
        }
    }

    #[test]
    fn an_alias_is_a_group_of_that_name() {
        let regex = Regex::new(&expand("%{MOBILE:phone}-%{INT}").unwrap()).unwrap();
        let captures = regex.captures("13800138000-7").unwrap().unwrap();
        assert_eq!(captures.name("phone").unwrap().as_str(), "13800138000");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for pattern in ["%{NOPE}", "%{", "%{IP", "%{IP:1a}", "%{IP:}", "%{}"] {
            assert!(expand(pattern).is_err(), "{pattern}");
        }
        assert_eq!(expand(r"100% {a}").unwrap(), "100% {a}");
    }
}
