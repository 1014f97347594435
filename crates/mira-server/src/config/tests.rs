use std::collections::BTreeMap;
use std::num::NonZeroU32;

use http::Method;
use mira_core::{Audience, Environment, MicroUsd, Permission};
use mira_outbound::HttpVersions;

use super::{Config, ConfigError};

const FULL: &str = r#"
[server]
listen = "[::]:443"
trusted_proxies = ["10.0.0.0/8", "::1"]
drain_secs = 30
public_url = "https://mira.example.com"

[store]
lease_ms = 2000

[limits]
address_per_minute = 0
app_key_per_day = 5000

[network]
timeout_secs = 5

[[service]]
name = "weather"
prefix = "/weather/v2"
upstream = "http://127.0.0.1:9000"
key = "app"
environments = ["staging", "production"]
metered = true

[[service]]
name = "reports"
prefix = "/reports"
upstream = "https://reports.internal:8443/"
key = "organization"
methods = { GET = "read", POST = "write" }

[[model]]
id = "openai/gpt-4o-mini"
base_url = "https://api.openai.com/v1"
api_key_env = "OPENAI_API_KEY"
prompt_usd_per_million = 0.15
completion_usd_per_million = 1
name = "gpt-4o-mini"
timeout_secs = 90
"#;

const SERVICE: &str = r#"
[[service]]
name = "weather"
prefix = "/weather"
upstream = "http://127.0.0.1:9000"
key = "app"
"#;

const MODEL: &str = r#"
[[model]]
id = "m"
base_url = "http://127.0.0.1:11434/v1"
prompt_usd_per_million = 0
completion_usd_per_million = 0
"#;

fn environment(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    variables.iter().map(owned).collect()
}

fn error_of(text: &str) -> String {
    Config::parse(text, "mira.toml").unwrap_err().to_string()
}

fn load(
    text: &str,
    variables: &[(&str, &str)],
    listen: Option<&str>,
) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mira.toml");
    std::fs::write(&path, text).unwrap();
    Config::load(Some(&path), &environment(variables), listen)
}

#[test]
fn empty_file_is_the_documented_defaults() {
    for config in [
        Config::parse("", "mira.toml").unwrap(),
        Config::load(None, &BTreeMap::new(), None).unwrap(),
    ] {
        assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
        assert!(
            !config
                .server
                .trusted_proxies
                .contains([127, 0, 0, 1].into())
        );
        assert_eq!(config.server.drain_secs, 10);
        assert_eq!(config.server.public_url, None);
        assert_eq!(config.store.lease_ms, 5_000);
        assert_eq!(config.network.timeout_secs, 30);
        let limits = config.limits;
        assert_eq!(limits.address_per_minute, NonZeroU32::new(100));
        assert_eq!(limits.organization_key_per_minute, NonZeroU32::new(100));
        assert_eq!(limits.app_key_per_minute, NonZeroU32::new(60));
        assert_eq!(limits.app_key_per_day, NonZeroU32::new(1_000));
        assert_eq!(limits.console_per_minute, NonZeroU32::new(600));
        assert!(config.services.is_empty() && config.models.is_empty());
    }
}

#[test]
fn every_member_is_read() {
    let config = load(FULL, &[("OPENAI_API_KEY", "sk-test")], None).unwrap();
    let server = &config.server;
    assert_eq!(server.listen.to_string(), "[::]:443");
    assert!(server.trusted_proxies.contains([10, 1, 2, 3].into()));
    assert!(!server.trusted_proxies.contains([11, 1, 2, 3].into()));
    assert_eq!(server.drain_secs, 30);
    let public_url = server.public_url.as_ref().unwrap();
    assert_eq!(public_url.to_string(), "https://mira.example.com");
    assert_eq!(config.store.lease_ms, 2_000);
    assert_eq!(config.limits.address_per_minute, None);
    assert_eq!(config.limits.app_key_per_day, NonZeroU32::new(5_000));
    assert_eq!(config.network.timeout_secs, 5);

    let [weather, reports] = config.services.as_slice() else {
        panic!("two services");
    };
    assert_eq!(weather.audience, Audience::Service(weather.name));
    assert_eq!(weather.prefix, "/weather/v2");
    assert!(weather.is_metered && weather.methods.is_none());
    assert!(weather.environments.contains(Environment::Staging));
    assert!(!weather.environments.contains(Environment::Development));
    assert_eq!(reports.audience, Audience::Organization);
    assert_eq!(
        reports.upstream.origin.to_string(),
        "https://reports.internal:8443"
    );
    assert!(reports.environments.contains(Environment::Development));
    let methods = [
        (Method::GET, Permission::Read),
        (Method::POST, Permission::Write),
    ];
    assert_eq!(reports.methods.as_deref(), Some(methods.as_slice()));

    let [model] = config.models.as_slice() else {
        panic!("one model");
    };
    assert_eq!(
        (&*model.id, &*model.name),
        ("openai/gpt-4o-mini", "gpt-4o-mini")
    );
    assert_eq!(model.timeout_secs, Some(90));
    assert_eq!(model.base_url.to_string(), "https://api.openai.com/v1");
    assert_eq!(
        model.price.prompt_per_million,
        MicroUsd::from_micros(150_000)
    );
    assert_eq!(
        model.price.completion_per_million,
        MicroUsd::from_micros(1_000_000)
    );
    assert_eq!(model.api_key.as_ref().unwrap().expose(), "sk-test");
}

#[test]
fn node_listens_in_several_places_that_are_written_as_a_list_or_with_commas() {
    let file = "[server]\nlisten = [\"[::]:80\", \"unix:/run/mira.sock\"]";
    let places = "[::]:80, unix:/run/mira.sock";
    for config in [load(file, &[], None), load("", &[], Some(places))] {
        assert_eq!(config.unwrap().server.listen.to_string(), places);
    }
}

#[test]
fn mistake_is_named_with_its_line_and_column() {
    for (text, error) in [
        (
            "[server]\n  lisen = \"127.0.0.1:1\"",
            "mira.toml:2:3: unknown member \"lisen\", expected one of \"listen\", \
             \"socket_mode\", \"tls_cert\", \"tls_key\", \"trusted_proxies\", \
             \"drain_secs\", \"public_url\"",
        ),
        (
            "[sever]",
            "mira.toml:1:2: unknown member \"sever\", expected one of \"server\", \"store\", \
             \"limits\", \"network\", \"webhooks\", \"service\", \"model\"",
        ),
        (
            "[server]\nlisten = \"localhost\"",
            "mira.toml:2:10: an address and a port such as 127.0.0.1:8080, or a socket such \
             as unix:/run/mira.sock, are expected",
        ),
        (
            "[server]\nlisten = [\"[::]:80\", \"unix:\"]",
            "mira.toml:2:22: an address and a port such as 127.0.0.1:8080, or a socket such \
             as unix:/run/mira.sock, are expected",
        ),
        (
            "[server]\nsocket_mode = \"rw\"",
            "mira.toml:2:15: permissions in octal such as \"660\" are expected",
        ),
        (
            "[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"here\"]",
            "mira.toml:2:19: \"here\" is not an IP address or a network such as 203.0.113.0/24",
        ),
        (
            "[server]\npublic_url = \"https://a.example/b\"",
            "mira.toml:2:14: a URL without a path is expected, such as https://mira.example.com",
        ),
        (
            "[store]\nlease_ms = 999",
            "mira.toml:2:12: a whole number from 1000 to 60000 is expected",
        ),
        (
            "[store]\nlease_ms = \"5s\"",
            "mira.toml:2:12: invalid type: string \"5s\", expected u64",
        ),
        (
            "[limits]\napp_key_per_minute = -1",
            "mira.toml:2:22: invalid value: integer \"-1\", expected u32",
        ),
        (
            "[[service]]\nname = \"a b\"",
            "mira.toml:2:8: a service name is 2 to 31 characters of a-z, 0-9 and -, \
             and starts with a letter",
        ),
        (
            "[[service]]\nname = \"ab\"",
            "mira.toml:1:1: missing member \"prefix\"",
        ),
        (
            "[server]\ndrain_secs = 1\ndrain_secs = 2",
            "mira.toml:3:1: duplicate key",
        ),
    ] {
        assert_eq!(error_of(text), error, "{text}");
    }
}

#[test]
fn column_counts_characters_and_not_bytes() {
    let error = error_of("server = { \"é\" = 1, public_url = \"x\" }");
    assert!(error.starts_with("mira.toml:1:34: "), "{error}");
}

/// Each of the replacements makes the service one that is refused so.
fn refuses(cases: &[(&str, &str, &str)]) {
    for (member, replacement, error) in cases {
        let text = SERVICE.replace(member, replacement);
        assert_eq!(error_of(&text), *error, "{text}");
    }
}

#[test]
fn service_that_would_hide_something_is_refused() {
    refuses(&[
        (
            "\"weather\"",
            "\"verify\"",
            "mira.toml:3:8: \"verify\" is built in",
        ),
        (
            "\"weather\"",
            "\"console\"",
            "mira.toml:3:8: \"console\" is built in",
        ),
        (
            "\"/weather\"",
            "\"/v1\"",
            "mira.toml:4:10: the prefix overlaps /v1 of this server",
        ),
        (
            "\"/weather\"",
            "\"/v1/x\"",
            "mira.toml:4:10: the prefix overlaps /v1 of this server",
        ),
        (
            "\"/weather\"",
            "\"/api\"",
            "mira.toml:4:10: the prefix overlaps /api of this server",
        ),
        (
            "\"/weather\"",
            "\"/authz/forward\"",
            "mira.toml:4:10: the prefix overlaps /authz of this server",
        ),
        (
            "\"/weather\"",
            "\"weather\"",
            "mira.toml:4:10: The path must begin with a slash",
        ),
        (
            "\"/weather\"",
            "\"/weather/../v1\"",
            "mira.toml:4:10: The path must not contain dot segments",
        ),
        (
            "\"/weather\"",
            "\"/weather?x\"",
            "mira.toml:4:10: a prefix is a path, without spaces, query and fragment",
        ),
    ]);
    for prefix in ["/", "/weather/", "/a//b", ""] {
        let text = SERVICE.replace("\"/weather\"", &format!("\"{prefix}\""));
        assert!(error_of(&text).starts_with("mira.toml:4:10: "), "{prefix}");
    }
    for prefix in ["/v1x", "/verify2", "/apis/v1"] {
        let text = SERVICE.replace("\"/weather\"", &format!("\"{prefix}\""));
        assert!(Config::parse(&text, "mira.toml").is_ok(), "{prefix}");
    }
}

#[test]
fn service_whose_members_do_not_fit_together_is_refused() {
    refuses(&[
        (
            "\"http://127.0.0.1:9000\"",
            "\"http://127.0.0.1:9000/base\"",
            "mira.toml:5:12: a URL without a path is expected, such as https://mira.example.com",
        ),
        (
            "\"http://127.0.0.1:9000\"",
            "\"ftp://127.0.0.1\"",
            "mira.toml:5:12: an http or https URL without credentials, query and fragment is expected",
        ),
        (
            "\"app\"",
            "\"organization\"",
            "mira.toml:6:7: a service for organization keys needs methods = { GET = \"read\", … }",
        ),
        (
            "\"app\"",
            "\"team\"",
            "mira.toml:6:7: unknown variant \"team\", expected \"app\" or \"organization\"",
        ),
        (
            "\"app\"",
            "\"organization\"\nmethods = { GET = \"read\" }\nmetered = true",
            "mira.toml:8:11: only apps have a balance; use key = \"app\"",
        ),
        (
            "\"app\"",
            "\"app\"\nenvironments = []",
            "mira.toml:7:16: at least one environment is expected; leave it out for all",
        ),
        (
            "\"app\"",
            "\"app\"\nenvironments = [\"staging\", \"test\"]",
            "mira.toml:7:28: environment is one of development, staging, production",
        ),
        (
            "\"app\"",
            "\"app\"\nmethods = { GET = \"read\", post = \"write\" }",
            "mira.toml:7:27: a method is written in capitals, such as GET",
        ),
        (
            "\"app\"",
            "\"app\"\nmethods = { GET = \"all\" }",
            "mira.toml:7:19: permission is one of read, write, admin",
        ),
    ]);
}

#[test]
fn services_share_neither_a_name_nor_paths() {
    let twice = format!("{SERVICE}{SERVICE}");
    assert_eq!(
        error_of(&twice),
        "mira.toml:9:8: another service is called \"weather\""
    );
    for prefix in ["/weather", "/weather/v2"] {
        let other = SERVICE
            .replace("\"weather\"", "\"forecast\"")
            .replace("\"/weather\"", &format!("\"{prefix}\""));
        assert_eq!(
            error_of(&format!("{SERVICE}{other}")),
            "mira.toml:10:10: the prefix overlaps /weather of the service \"weather\""
        );
    }
}

#[test]
fn model_that_cannot_be_asked_or_charged_is_refused() {
    for (member, replacement, error) in [
        (
            "\"m\"",
            "\"\"",
            "mira.toml:3:6: an id has at least one character, and neither spaces nor controls",
        ),
        (
            "\"http://127.0.0.1:11434/v1\"",
            "\"https://user:secret@api.example.com/v1\"",
            "mira.toml:4:12: an http or https URL without credentials, query and fragment is expected",
        ),
        (
            "prompt_usd_per_million = 0",
            "prompt_usd_per_million = -0.5",
            "mira.toml:5:26: a price of at least 0 dollars with at most 6 decimal places is expected",
        ),
        (
            "prompt_usd_per_million = 0",
            "prompt_usd_per_million = nan",
            "mira.toml:5:26: a price of at least 0 dollars with at most 6 decimal places is expected",
        ),
    ] {
        assert_eq!(error_of(&MODEL.replace(member, replacement)), error);
    }
    let twice = format!("{MODEL}{MODEL}");
    assert_eq!(
        error_of(&twice),
        "mira.toml:9:6: another model is called \"m\""
    );
}

#[test]
fn provider_is_offered_the_versions_that_are_named() {
    for (line, versions) in [
        ("", HttpVersions::Negotiated),
        ("http2 = true\n", HttpVersions::Http2),
        ("http2 = false\n", HttpVersions::Http1),
    ] {
        let config = Config::parse(&format!("{MODEL}{line}"), "mira.toml").unwrap();
        assert_eq!(config.models[0].versions, versions);
    }
}

#[test]
fn model_key_must_be_in_the_environment() {
    let error = load(FULL, &[], None).unwrap_err().to_string();
    assert!(
        error.ends_with("mira.toml:36:15: the variable OPENAI_API_KEY is not set"),
        "{error}"
    );
    assert!(load(MODEL, &[], None).unwrap().models[0].api_key.is_none());
}

#[test]
fn flag_goes_before_variable_before_file_before_default() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\ndrain_secs = 1";
    let variables = [
        ("MIRA_LISTEN", "127.0.0.1:2"),
        ("MIRA_SERVER_DRAIN_SECS", "2"),
        ("MIRA_SERVER_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1"),
        ("MIRA_SERVER_PUBLIC_URL", "https://mira.example.com/"),
        ("MIRA_STORE_LEASE_MS", "1000"),
        ("MIRA_NETWORK_TIMEOUT_SECS", "600"),
        ("MIRA_LIMITS_ADDRESS_PER_MINUTE", "1"),
        ("MIRA_LIMITS_ORGANIZATION_KEY_PER_MINUTE", "2"),
        ("MIRA_LIMITS_APP_KEY_PER_MINUTE", "3"),
        ("MIRA_LIMITS_APP_KEY_PER_DAY", "4"),
        ("MIRA_LIMITS_CONSOLE_PER_MINUTE", "0"),
    ];
    let config = load(file, &variables, None).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:2");
    assert_eq!(config.server.drain_secs, 2);
    assert!(
        config
            .server
            .trusted_proxies
            .contains([192, 0, 2, 1].into())
    );
    assert!(config.server.public_url.is_some());
    assert_eq!(config.store.lease_ms, 1_000);
    assert_eq!(config.network.timeout_secs, 600);
    assert_eq!(config.limits.address_per_minute, NonZeroU32::new(1));
    assert_eq!(
        config.limits.organization_key_per_minute,
        NonZeroU32::new(2)
    );
    assert_eq!(config.limits.app_key_per_minute, NonZeroU32::new(3));
    assert_eq!(config.limits.app_key_per_day, NonZeroU32::new(4));
    assert_eq!(config.limits.console_per_minute, None);

    let config = load(file, &variables, Some("127.0.0.1:3")).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:3");
    let config = load(file, &[("MIRA_LISTEN", "")], None).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:1");
    assert_eq!(config.store.lease_ms, 5_000);
}

#[test]
fn mistake_in_a_variable_or_flag_names_it() {
    for (name, value, reason) in [
        (
            "MIRA_LISTEN",
            "x",
            "an address and a port such as 127.0.0.1:8080, or a socket such as \
             unix:/run/mira.sock, are expected",
        ),
        (
            "MIRA_STORE_LEASE_MS",
            "60001",
            "a whole number from 1000 to 60000 is expected",
        ),
        (
            "MIRA_SERVER_DRAIN_SECS",
            "1.5",
            "a whole number is expected",
        ),
        (
            "MIRA_SERVER_TRUSTED_PROXIES",
            "10.0.0.1/8",
            "\"10.0.0.1/8\" is not an IP address or a network such as 203.0.113.0/24",
        ),
    ] {
        let error = load("", &[(name, value)], None).unwrap_err();
        assert_eq!(error.to_string(), format!("{name}: {reason}"));
    }
    let error = load("", &[], Some("8080")).unwrap_err().to_string();
    assert!(error.starts_with("--listen: "), "{error}");
    let absent = Config::load(Some("absent.toml".as_ref()), &BTreeMap::new(), None).unwrap_err();
    assert!(absent.to_string().starts_with("absent.toml: "), "{absent}");
}
