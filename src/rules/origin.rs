//! Which web pages may connect.

/// Whether `origin`, as browsers send it, is among `allowed`; an empty list allows any.
///
/// An entry is `*`, a host (`example.com`), hosts below one (`*.example.com`), or a whole origin
/// (`https://example.com:8443`).
#[must_use]
pub fn is_allowed(origin: &str, allowed: &[String]) -> bool {
    allowed.is_empty() || allowed.iter().any(|entry| matches(origin, entry))
}

fn matches(origin: &str, entry: &str) -> bool {
    if entry == "*" {
        return true;
    }
    if entry.contains("://") {
        return origin.eq_ignore_ascii_case(entry);
    }
    let Some((_, authority)) = origin.split_once("://") else {
        return false;
    };
    let host = host(authority);
    match entry.strip_prefix("*.") {
        Some(parent) => {
            let at = host.len().checked_sub(parent.len());
            at.is_some_and(|at| {
                host.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(parent))
                    && at > 1
                    && host.get(..at).is_some_and(|start| start.ends_with('.'))
            })
        }
        None => host.eq_ignore_ascii_case(entry),
    }
}

/// The host without its port; a bracketed IPv6 address keeps its brackets.
fn host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origin: &str, entry: &str) -> bool {
        is_allowed(origin, &[entry.to_owned()])
    }

    /// C-016.
    #[test]
    fn hosts_origins_and_wildcards_match() {
        assert!(is_allowed("https://anything", &[]));
        assert!(allowed("https://a.example", "*"));
        assert!(allowed("https://example.com:8443", "example.com"));
        assert!(allowed("https://EXAMPLE.com", "example.com"));
        assert!(allowed("https://a.example.com", "*.example.com"));
        assert!(allowed("http://[::1]:80", "[::1]"));
        assert!(allowed("https://example.com:8443", "https://example.com:8443"));
        assert!(!allowed("https://example.com", "https://example.com:8443"));
        assert!(!allowed("https://example.com", "*.example.com"));
        assert!(!allowed("https://.example.com", "*.example.com"));
        assert!(!allowed("https://badexample.com", "example.com"));
        assert!(!allowed("https://badexample.com", "*.example.com"));
        assert!(!allowed("https://example.com.evil", "example.com"));
        assert!(!allowed("null", "example.com"));
    }
}
