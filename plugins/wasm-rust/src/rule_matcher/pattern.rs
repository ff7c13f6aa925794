//! How one entry of a match list is compared.

/// A pattern for the host of a request. Hosts are compared without ASCII case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DomainPattern {
    /// `*x`: the host ends with x.
    Suffix(String),
    /// `x*`: the host starts with x.
    Prefix(String),
    /// Anything else, stars inside included.
    Exact(String),
}

impl DomainPattern {
    /// Reads a pattern; only a leading or else a trailing star means anything.
    pub(super) fn new(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        if let Some(suffix) = text.strip_prefix('*') {
            Self::Suffix(suffix.to_string())
        } else if let Some(prefix) = text.strip_suffix('*') {
            Self::Prefix(prefix.to_string())
        } else {
            Self::Exact(text)
        }
    }

    /// `host`: lower-cased, without port.
    pub(super) fn matches(&self, host: &[u8]) -> bool {
        match self {
            Self::Suffix(suffix) => host.ends_with(suffix.as_bytes()),
            Self::Prefix(prefix) => host.starts_with(prefix.as_bytes()),
            Self::Exact(exact) => host == exact.as_bytes(),
        }
    }

    /// A pattern that ends in a port never matches, since hosts are compared without theirs.
    pub(super) fn never_matches(&self) -> bool {
        match self {
            Self::Suffix(text) | Self::Exact(text) => {
                without_port(text.as_bytes()) != text.as_bytes()
            }
            Self::Prefix(_) => false,
        }
    }
}

/// The host without its port: cut at the last `:` unless a `]` follows it.
pub(super) fn without_port(host: &[u8]) -> &[u8] {
    match host.iter().rposition(|byte| *byte == b':') {
        Some(colon) if !host[colon..].contains(&b']') => &host[..colon],
        _ => host,
    }
}

/// Whether a service entry (`fqdn` or `fqdn:port`) names this cluster
/// (`direction|port|subset|fqdn`).
pub(super) fn service_matches(entry: &str, cluster: &[u8]) -> bool {
    let mut parts = cluster.split(|byte| *byte == b'|');
    let (Some(_direction), Some(port), Some(_subset), Some(fqdn), None) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        return false;
    };
    match entry.as_bytes().strip_prefix(fqdn) {
        Some([]) => true,
        Some([b':', rest @ ..]) => rest == port,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_star_wins_over_a_trailing_one() {
        assert_eq!(
            DomainPattern::new("*foo*"),
            DomainPattern::Suffix("foo*".to_string())
        );
    }

    #[test]
    fn only_patterns_that_end_in_a_port_never_match() {
        for (text, never) in [
            ("example.com:8080", true),
            ("*.example.com:80", true),
            ("example.com", false),
            ("[::1]", false),
            ("[::1]:80", true),
            ("example.com:*", false),
        ] {
            assert_eq!(DomainPattern::new(text).never_matches(), never, "{text}");
        }
    }

    #[test]
    fn a_service_entry_with_a_longer_name_is_another_service() {
        let cluster = b"outbound|80||svc.ns";
        assert!(service_matches("svc.ns", cluster));
        assert!(service_matches("svc.ns:80", cluster));
        assert!(!service_matches("svc.nsx", cluster));
        assert!(!service_matches("svc.ns:8", cluster));
        assert!(!service_matches("svc", cluster));
    }
}
