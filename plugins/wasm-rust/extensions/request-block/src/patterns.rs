//! Many patterns searched at once: the cost does not grow with their number.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

/// All expressions together, compiled.
const EXPRESSIONS_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// Texts to be found anywhere in an input. The empty set is found nowhere.
#[derive(Default)]
pub(crate) struct TextSet(Option<AhoCorasick>);

impl TextSet {
    pub(crate) fn new(texts: &[String], case_sensitive: bool) -> Result<Self, String> {
        if texts.is_empty() {
            return Ok(Self(None));
        }
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .ascii_case_insensitive(!case_sensitive)
            .build(texts)
            .map_err(|error| error.to_string())?;
        Ok(Self(Some(automaton)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn found_in(&self, input: &[u8]) -> bool {
        self.0
            .as_ref()
            .is_some_and(|automaton| automaton.is_match(input))
    }
}

/// Regular expressions to be found anywhere in an input, in time linear to it.
#[derive(Default)]
pub(crate) struct ExpressionSet(Option<Regex>);

impl ExpressionSet {
    /// Errors: `[index]: reason` for an expression that is none, `: reason` for all of them.
    pub(crate) fn new(expressions: &[String], case_sensitive: bool) -> Result<Self, String> {
        if expressions.is_empty() {
            return Ok(Self(None));
        }
        let syntax = syntax::Config::new()
            .utf8(false)
            .case_insensitive(!case_sensitive);
        for (index, expression) in expressions.iter().enumerate() {
            syntax::parse_with(expression, &syntax)
                .map_err(|error| format!("[{index}]: {error}"))?;
        }
        let limits = Regex::config()
            .utf8_empty(false)
            .nfa_size_limit(Some(EXPRESSIONS_LIMIT_BYTES));
        let regex = Regex::builder()
            .syntax(syntax)
            .configure(limits)
            .build_many(expressions)
            .map_err(|error| match error.size_limit() {
                Some(limit) => format!(": compiled, they are larger than {limit} bytes"),
                None => format!(": {error}"),
            })?;
        Ok(Self(Some(regex)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn found_in(&self, input: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(input))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str], case_sensitive: bool) -> TextSet {
        let texts: Vec<String> = texts.iter().map(|text| text.to_string()).collect();
        TextSet::new(&texts, case_sensitive).unwrap()
    }

    fn expressions(expressions: &[&str], case_sensitive: bool) -> Result<ExpressionSet, String> {
        let expressions: Vec<String> = expressions.iter().map(|text| text.to_string()).collect();
        ExpressionSet::new(&expressions, case_sensitive)
    }

    #[test]
    fn any_text_is_found_anywhere() {
        let set = texts(&["he", "she", "hers"], true);
        assert!(set.found_in(b"ushers"));
        assert!(!set.found_in(b"USHERS"));
        assert!(!set.found_in(b""));
        assert!(texts(&["he"], false).found_in(b"USHERS"));
        assert!(!texts(&[], true).found_in(b"anything"));
    }

    #[test]
    fn expressions_are_searched_and_anchors_hold() {
        let set = expressions(&["\\.php\\d?$", "^/v\\d+/admin"], true).unwrap();
        for (path, found) in [
            ("/a.php", true),
            ("/a.php5", true),
            ("/a.php55", false),
            ("/v12/admin/x", true),
            ("/x/v12/admin", false),
        ] {
            assert_eq!(set.found_in(path.as_bytes()), found, "{path}");
        }
    }

    #[test]
    fn expressions_without_case_keep_their_classes() {
        let set = expressions(&["^/ID\\D+$"], false).unwrap();
        assert!(set.found_in(b"/id-abc"));
        assert!(!set.found_in(b"/id123"));
    }

    #[test]
    fn bytes_that_are_not_utf8_can_be_searched() {
        assert!(expressions(&["admin"], true)
            .unwrap()
            .found_in(b"/\xff/admin"));
    }

    #[test]
    fn a_broken_expression_is_named_by_its_place() {
        let error = expressions(&["fine", "(broken"], true).err().unwrap();
        assert!(error.starts_with("[1]: "), "{error}");
    }

    #[test]
    fn expressions_beyond_the_limit_are_refused() {
        let error = expressions(&["(\\pL{1000}){1000}"], true).err().unwrap();
        assert!(error.contains("larger than"), "{error}");
    }

    #[test]
    fn ten_thousand_patterns_are_one_small_automaton() {
        let list: Vec<String> = (0..10_000).map(|n| format!("pattern-{n:05}-z")).collect();
        let set = TextSet::new(&list, true).unwrap();
        assert!(set.found_in(b"xx pattern-09999-z"));
        assert!(set.found_in(b"pattern-00000-z"));
        assert!(!set.found_in(b"pattern-10000-z"));
        assert!(set.0.unwrap().memory_usage() < 4 * 1024 * 1024);
    }

    #[test]
    fn unicode_classes_are_known() {
        let set = expressions(&["^/\\p{Han}+$", "^/\\p{Lu}{3}$"], true).unwrap();
        assert!(set.found_in("/中文".as_bytes()));
        assert!(set.found_in(b"/ABC"));
        assert!(!set.found_in(b"/abc"));
    }
}
