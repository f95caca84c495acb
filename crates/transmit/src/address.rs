//! Addresses of a gateway: `https://` everywhere, `http://` to this very machine only.

use reqwest::Url;

use crate::SetUpError;

/// Reads the base address of a gateway and refuses what would send secrets in clear.
pub(crate) fn parse(key: &'static str, text: &str) -> Result<Url, SetUpError> {
    let refuse = |problem: &str| SetUpError::Address { key, problem: problem.to_owned() };
    let url = Url::parse(text).map_err(|error| refuse(&format!("not an address: {error}")))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(refuse("http:// is allowed to this machine only; expected https://")),
        _ => return Err(refuse("expected https://")),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(refuse("no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("credentials do not belong in an address"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("neither ? nor # is expected in it"));
    }
    Ok(url)
}

/// `base` and a path that begins with `/`.
pub(crate) fn join(base: &Url, path: &str) -> String {
    format!("{}{path}", base.as_str().trim_end_matches('/'))
}

/// Whether an address stays on this machine.
#[must_use]
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for good in ["https://api.example", "http://127.0.0.1:8090", "http://[::1]:8090/", "http://localhost:1"] {
            assert!(parse("api_url", good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.example",
            "http://127.0.0.1.example",
            "http://localhost.example",
            "http://192.168.1.1",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "api.example",
            "https://user:word@api.example",
            "https://api.example/?a=b",
            "",
        ] {
            assert!(parse("api_url", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_path_is_joined_with_one_slash() {
        let base = parse("api_url", "http://127.0.0.1:8090/").unwrap();
        assert_eq!(join(&base, "/cpro/x"), "http://127.0.0.1:8090/cpro/x");
        let base = parse("api_url", "https://gateway.example/prefix").unwrap();
        assert_eq!(join(&base, "/cpro/x"), "https://gateway.example/prefix/cpro/x");
    }
}
