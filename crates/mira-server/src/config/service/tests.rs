use std::collections::BTreeMap;
use std::time::Duration;

use mira_core::Audience;
use mira_gateway::HttpVersions;

use crate::Config;

const CERTIFICATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../mira/tests/it/certificates");
const SHORT: &str = "[[service]]\nprefix = \"/search\"\nupstream = \"http://127.0.0.1:9000\"\n";
const SECURE: &str = "[[service]]\nprefix = \"/search\"\nupstream = \"https://127.0.0.1:9000\"\n";

/// Reads `text` beside a file `secret`, with a variable `TOKEN`.
fn load(text: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "from a file\n").unwrap();
    std::fs::write(folder.path().join("odd"), "two\nlines").unwrap();
    let path = folder.path().join("mira.toml");
    std::fs::write(&path, text).unwrap();
    let variables = BTreeMap::from([("TOKEN".to_owned(), "from a variable".to_owned())]);
    let loaded = Config::load(Some(&path), &variables, None);
    let prefix = format!("{}/", folder.path().display());
    loaded.map_err(|error| error.to_string().replace(&prefix, ""))
}

#[test]
fn three_lines_are_a_service() {
    let config = load(SHORT).unwrap();
    let [service] = config.services.as_slice() else {
        panic!("one service");
    };
    assert_eq!(service.name.to_string(), "search");
    assert_eq!(service.audience, Audience::Service(service.name));
    assert_eq!(service.upstream.versions, HttpVersions::Negotiated);
    assert!(service.methods.is_none() && service.rate_limit.is_none());
    let nested = SHORT.replace("/search", "/weather/v2");
    assert_eq!(
        load(&nested).unwrap().services[0].name.to_string(),
        "weather-v2"
    );
}

#[test]
fn every_member_is_read() {
    let config = load(&format!(
        "{SECURE}rate_limit = {{ per_minute = 600, per_day = 0 }}\nmax_concurrent = 8\n\
         timeouts = {{ connect_secs = 1, head_secs = 2, answer_silence_secs = 3, \
         request_silence_secs = 4, tunnel_silence_secs = 5 }}\nhttp2 = false\n\
         ca = \"{CERTIFICATES}/ca.pem\"\nclient_cert = \"{CERTIFICATES}/first.pem\"\n\
         client_key = \"{CERTIFICATES}/first.key\"\nremove_headers = [\"Server\"]\n\
         set_headers = {{ Authorization = \"Bearer {{env.TOKEN}}\", X-File = \"{{file.secret}}\" }}\n"
    ))
    .unwrap();
    let service = &config.services[0];
    let limits = service.rate_limit.unwrap();
    assert_eq!((limits.per_minute, limits.per_day), (Some(600), Some(0)));
    let upstream = &service.upstream;
    assert_eq!(upstream.max_concurrent.map(u32::from), Some(8));
    assert_eq!(upstream.versions, HttpVersions::Http1);
    assert_eq!(upstream.timeouts.connect, Duration::from_secs(1));
    assert_eq!(upstream.timeouts.tunnel_silence, Duration::from_secs(5));
    assert!(upstream.options().unwrap().tls.is_some());
    let printed = format!("{config:?}");
    assert!(
        printed.contains("authorization") && printed.contains("server"),
        "{printed}"
    );
    for secret in ["from a variable", "from a file"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(
        load(SECURE).unwrap().services[0]
            .upstream
            .options()
            .unwrap()
            .tls
            .is_none()
    );
}

#[test]
fn upstream_is_the_same_only_while_all_that_is_said_of_it_is() {
    let upstream = |text: &str| load(text).unwrap().services[0].upstream.clone();
    assert_eq!(
        upstream(SECURE),
        upstream(&format!("{SECURE}metered = true\n"))
    );
    for changed in [
        "http2 = true\n".to_owned(),
        "max_concurrent = 1\n".to_owned(),
        "timeouts = { head_secs = 1 }\n".to_owned(),
        format!("ca = \"{CERTIFICATES}/ca.pem\"\n"),
    ] {
        assert_ne!(
            upstream(SECURE),
            upstream(&format!("{SECURE}{changed}")),
            "{changed}"
        );
    }
}

#[test]
fn mistake_is_named_with_its_line_and_column() {
    for (service, member, error) in [
        (
            SHORT,
            "rate_limit = { per_hour = 1 }",
            "mira.toml:4:16: unknown member \"per_hour\", expected \"per_minute\" or \"per_day\"",
        ),
        (
            SHORT,
            "key = \"organization\"\nmethods = { GET = \"read\" }\nrate_limit = { per_day = 1 }",
            "mira.toml:6:14: an organization key has one window for all that it opens; \
             use [limits] organization_key_per_minute",
        ),
        (
            SHORT,
            "timeouts = { head_secs = 0 }",
            "mira.toml:4:26: a whole number from 1 to 86400 is expected",
        ),
        (
            SHORT,
            "max_concurrent = 0",
            "mira.toml:4:18: invalid value: integer `0`",
        ),
        (
            SHORT,
            "ca = \"ca.pem\"",
            "mira.toml:4:6: only an https upstream has certificates",
        ),
        (
            SECURE,
            "client_cert = \"c.pem\"",
            "mira.toml:4:15: client_key is missing",
        ),
        (
            SECURE,
            "client_key = \"c.pem\"",
            "mira.toml:4:14: client_cert is missing",
        ),
        (
            SECURE,
            "ca = \"none.pem\"",
            "mira.toml:4:6: cannot read none.pem: No such file",
        ),
        (
            SECURE,
            "ca = \"secret\"",
            "mira.toml:4:6: secret has no certificate in PEM form",
        ),
        (
            SECURE,
            "client_cert = \"secret\"\nclient_key = \"secret\"",
            "mira.toml:4:15: secret has no certificate in PEM form",
        ),
        (
            SHORT,
            "set_headers = { X-Mira-Key-Id = \"x\" }",
            "mira.toml:4:17: this field is Mira's own",
        ),
        (
            SHORT,
            "set_headers = { Host = \"x\" }",
            "mira.toml:4:17: this field belongs to the connection and not to a service",
        ),
        (
            SHORT,
            "set_headers = { \"a b\" = \"x\" }",
            "mira.toml:4:17: this is no name of a field",
        ),
        (
            SHORT,
            "set_headers = { X-A = \"{env.NONE}\" }",
            "mira.toml:4:23: the variable NONE is not set",
        ),
        (
            SHORT,
            "set_headers = { X-A = \"{file.none}\" }",
            "mira.toml:4:23: cannot read none: No such file",
        ),
        (
            SHORT,
            "set_headers = { X-A = \"{token}\" }",
            "mira.toml:4:23: {token} is neither {env.NAME} nor {file.PATH}",
        ),
        (
            SHORT,
            "set_headers = { X-A = \"{file.odd}\" }",
            "mira.toml:4:23: the value has characters that no field carries",
        ),
        (
            SHORT,
            "remove_headers = [\"Server\", \"Content-Length\"]",
            "mira.toml:4:29: this field belongs to the connection and not to a service",
        ),
    ] {
        let found = load(&format!("{service}{member}\n")).unwrap_err();
        let error = error.replace('`', "\"");
        assert!(found.starts_with(&error), "{member}\n{found}\n{error}");
        assert!(!found.contains("two"), "{found}");
    }
}

#[test]
fn prefix_that_makes_no_name_needs_one() {
    for (prefix, error) in [
        ("/Search", "the prefix makes no name, so name is needed: "),
        ("/a", "the prefix makes no name, so name is needed: "),
        ("/console", "\"console\" is built in"),
    ] {
        let found = load(&SHORT.replace("/search", prefix)).unwrap_err();
        assert!(
            found.starts_with(&format!("mira.toml:2:10: {error}")),
            "{found}"
        );
        let named = SHORT.replace("/search", prefix) + "name = \"other\"\n";
        assert_eq!(load(&named).unwrap().services[0].name.to_string(), "other");
    }
}

#[test]
fn system_decides_whose_certificates_are_believed_where_it_is_asked_to() {
    match load(&format!("{SECURE}ca = \"system\"\n")) {
        Ok(config) => assert!(config.services[0].upstream.options().unwrap().tls.is_some()),
        Err(error) => assert!(
            error.starts_with("mira.toml:4:6: the system has no certificates"),
            "{error}"
        ),
    }
}
