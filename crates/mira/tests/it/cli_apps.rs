//! Apps at the command line: their low balance, and revoking an environment at once.

use serde_json::json;

use crate::cli::Operator;
use crate::demo;

#[tokio::test]
async fn keys_of_one_environment_are_shown_first_and_then_revoked_at_once() {
    let server = demo();
    let admin = Operator::of(&server, Some(&server.demo().keys.admin));
    let app = admin.reads_json("apps create --name Checker");
    let app = app["id"].as_str().unwrap();
    let key = |service: &str, environment: &str| {
        let line =
            format!("keys create --app {app} --service {service} --environment {environment}");
        admin.reads(&line).trim_end().to_owned()
    };
    let tried = key("verify", "staging");
    let other = key("inference", "staging");
    let kept = key("verify", "production");
    let is_alive = |key: &str| admin.verdict(key).0 == "valid";

    let preview = admin.reads(&format!(
        "apps revoke-keys {app} --environment staging --dry-run"
    ));
    assert!(preview.ends_with("2 would be revoked\n"), "{preview}");
    assert!(
        preview.contains(&tried[..14]) && !preview.contains(&tried),
        "{preview}"
    );
    assert!(!preview.contains(&kept[..14]), "{preview}");
    assert!([&tried, &other, &kept].iter().all(|key| is_alive(key)));

    let line = format!("apps revoke-keys {app} --environment staging --service verify");
    let revoked = admin.reads_json(&format!("{line} --reason leaked"));
    assert_eq!(
        (&revoked["count"], &revoked["effective"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(admin.verdict(&tried), ("revoked_key".to_owned(), Some(1)));
    assert!(is_alive(&other) && is_alive(&kept));
    let rest = admin.reads(&format!("apps revoke-keys {app} --environment staging"));
    assert!(rest.ends_with("1 revoked\n"), "{rest}");
    let none = admin.reads(&format!("apps revoke-keys {app} --environment staging"));
    assert_eq!(none, "0 revoked\n");
    assert!(is_alive(&kept));

    let nowhere = admin.types(&format!("apps revoke-keys {app} --environment moon"));
    assert_eq!(nowhere.code, Some(2), "{}", nowhere.stderr);
}

#[tokio::test]
async fn low_balance_is_set_shown_and_taken_back() {
    let server = demo();
    let admin = Operator::of(&server, Some(&server.demo().keys.admin));
    let app = server.demo().app_id;
    let balance = admin.reads_json(&format!("apps show {app}"))["balance"]
        .as_f64()
        .unwrap();
    for (below, is_low) in [
        (balance + 1.0, true),
        (balance, false),
        (balance - 1.0, false),
    ] {
        let line = format!("apps low-balance {app} --below {below}");
        let set = admin.reads_json(&line);
        assert_eq!(set["low_balance_threshold"].as_f64(), Some(below), "{set}");
        assert_eq!(set["is_balance_low"], is_low, "{below} of {balance}");
    }
    let shown = admin.reads(&format!("apps show {app}"));
    assert!(shown.contains("low below"), "{shown}");
    let never = admin.reads_json(&format!("apps low-balance {app}"));
    assert_eq!(never["low_balance_threshold"], json!(null));
    assert_eq!(never["is_balance_low"], false);
    let refused = admin.types(&format!("apps low-balance {app} --below=-1"));
    assert_ne!(refused.code, Some(0), "{}", refused.stdout);
}
