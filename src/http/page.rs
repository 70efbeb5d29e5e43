//! `/`: `/status` in readable form, updated live. The page is the same for everybody; it requests the data that it shows, and
//! inserts it as text.

use std::sync::LazyLock;

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::IntoResponse;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("page.html");

/// Only scripts and styles of the page itself are allowed (CSP level 3, hash sources); it may connect only to this server, and
/// must not be framed.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        hash("<script>", "</script>"),
        hash("<style>", "</style>"),
    );
    HeaderValue::try_from(policy).ok()
});

/// The policy's hash of the text between two tags.
fn hash(open: &str, close: &str) -> String {
    let inner = PAGE.split_once(open).and_then(|(_, rest)| rest.split_once(close)).map_or("", |(inner, _)| inner);
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(inner)))
}

pub async fn show() -> impl IntoResponse {
    let mut headers = HeaderMap::new();
    // These words are always a valid header; without a policy the page would not be safe.
    let policy = POLICY.clone().unwrap_or_else(|| HeaderValue::from_static("default-src 'none'"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    (headers, PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_nothing_outside_and_makes_no_markup_of_what_it_is_told() {
        for word in
            ["http:", "https:", "src=", "@import", "url(", "innerHTML", "insertAdjacent", "document.write", "eval"]
        {
            assert!(!PAGE.contains(word), "{word}");
        }
        for attribute in [" style=", " onclick=", " onload=", "javascript:"] {
            assert!(!PAGE.contains(attribute), "the policy forbids {attribute}");
        }
        for tag in ["<script", "<style"] {
            assert_eq!(PAGE.matches(tag).count(), 1, "the policy has the hash of one {tag}");
        }
        // `printf 'a' | openssl sha256 -binary | base64`
        assert_eq!(BASE64_STANDARD.encode(Sha256::digest("a")), "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=");
        let policy = POLICY.as_ref().unwrap().to_str().unwrap();
        assert!(policy.contains(&hash("<script>", "</script>")) && !policy.contains("unsafe"), "{policy}");
    }
}
