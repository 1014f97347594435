//! Organization keys: created, shown once, changed.

use http::StatusCode;
use mira_core::{Permission, Plan, Subscription, SubscriptionStatus};

use crate::fixture::{Page, World};

const LIST: &str = "/settings/api-keys";

/// The key that a result page shows.
pub(crate) fn shown_key(page: &Page) -> String {
    let start = page.body.find("data-secret").unwrap();
    let control = &page.body[..start];
    let value = control.rsplit("value=\"").next().unwrap();
    value.split('"').next().unwrap().to_owned()
}

async fn create(world: &World, name: &str) -> Page {
    let form = world
        .get(Some(&world.admin), "/settings/api-keys/new")
        .await;
    let fields = [
        ("form", form.mark().as_str()),
        ("name", name),
        ("permissions", "read"),
        ("permissions", "write"),
        ("environment", "staging"),
        ("ip_allowlist", "203.0.113.0/24\r\n2001:db8::1"),
        ("per_minute", "7"),
        ("expires_at", "2099-12-31T23:59"),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let fields: Vec<_> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    world.post(Some(&world.admin), LIST, &fields).await
}

#[tokio::test]
async fn created_key_is_on_the_result_page_and_on_no_other() {
    let world = World::new().await;
    let page = create(&world, "Production").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(
        page.body
            .contains("Copy the key immediately - it's only shown once!")
    );
    let key = shown_key(&page);
    assert_eq!(key.len(), "mira_live_".len() + 32);
    assert_eq!(
        page.body.matches(&key).count(),
        1,
        "the example names a variable"
    );
    assert!(
        page.body
            .contains("http://mira.example:8080/api/v1/meetings")
    );
    assert!(page.body.contains("Bearer $MIRA_API_KEY"));
    let secret = &key["mira_live_".len() + 4..];
    let list = world.get(Some(&world.admin), LIST).await;
    let detail = list.body.split("href=\"/keys/").nth(1).unwrap();
    let detail = format!("/keys/{}", detail.split('"').next().unwrap());
    for path in [LIST, &detail, "/audit", "/usage", &format!("{detail}/edit")] {
        let page = world.get(Some(&world.admin), path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(!page.body.contains(secret), "{path}");
    }
}

#[tokio::test]
async fn record_holds_what_the_form_said() {
    let world = World::new().await;
    create(&world, "Production").await;
    let keys = world.keys(&world.admin).await;
    let key = &keys[0];
    assert_eq!(key.name, "Production");
    assert_eq!(key.facts.permissions().to_text(), "read,write");
    assert_eq!(key.facts.environment.as_str(), "staging");
    let networks = key.facts.ip_allowlist.as_ref().unwrap();
    assert_eq!(networks.to_string(), "203.0.113.0/24, 2001:db8::1/128");
    assert_eq!(key.facts.rate_limit.per_minute.unwrap().get(), 7);
    assert_eq!(key.facts.expires_at.unwrap().as_secs(), 4_102_444_740);
}

#[tokio::test]
async fn form_sent_twice_makes_one_key_and_shows_it_once() {
    let world = World::new().await;
    let form = world
        .get(Some(&world.admin), "/settings/api-keys/new")
        .await;
    let mark = form.mark();
    let fields = [
        ("form", mark.as_str()),
        ("name", "Once"),
        ("permissions", "read"),
    ];
    let first = world.post(Some(&world.admin), LIST, &fields).await;
    let key = shown_key(&first);
    for name in ["Once", "Renamed meanwhile"] {
        let fields = [
            ("form", mark.as_str()),
            ("name", name),
            ("permissions", "read"),
        ];
        let again = world.post(Some(&world.admin), LIST, &fields).await;
        assert_eq!(again.status, StatusCode::OK);
        assert!(again.body.contains("This key was already shown"));
        assert!(!again.body.contains(&key) && !again.body.contains("data-secret"));
    }
    assert_eq!(world.keys(&world.admin).await.len(), 1);
    let fresh = world
        .get(Some(&world.admin), "/settings/api-keys/new")
        .await;
    assert_ne!(fresh.mark(), mark);
}

#[tokio::test]
async fn wrong_input_comes_back_with_its_reason_and_makes_nothing() {
    let world = World::new().await;
    let good = ("permissions", "read");
    for (field, reason) in [
        (("name", " "), "A name has 1 to 100 characters"),
        (
            ("ip_allowlist", "10.0.0.1/8"),
            "is not an IP address or a network",
        ),
        (("per_minute", "0"), "at least 1"),
        (("expires_at", "2001-01-01T00:00"), "in the past"),
        (("expires_at", "tomorrow"), "An instant is written as"),
        (("permissions", "root"), "permission is one of"),
    ] {
        let fields = [field, ("name", "Kept \"name\""), good];
        let page = world.post(Some(&world.admin), LIST, &fields).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{field:?}");
        assert!(page.body.contains(reason), "{reason}");
    }
    let nothing_chosen = [("name", "Kept \"name\"")];
    let page = world.post(Some(&world.admin), LIST, &nothing_chosen).await;
    assert!(page.body.contains("Choose at least one permission."));
    assert!(page.body.contains("value=\"Kept &quot;name&quot;\""));
    assert!(world.keys(&world.admin).await.is_empty());
}

#[tokio::test]
async fn lapsed_subscription_explains_itself_and_keeps_the_keys_listed() {
    let world = World::new().await;
    world.key(&world.admin, "Production").await;
    let lapsed = Subscription {
        plan: Plan::Business,
        status: SubscriptionStatus::PastDue,
        current_period_end: None,
    };
    let (caller, id) = (world.caller(&world.superadmin), world.admin.organization_id);
    let changed = world.console.set_subscription(&caller, id, lapsed).await;
    changed.unwrap();
    let page = world.get(Some(&world.admin), LIST).await;
    assert!(page.body.contains(
        "API keys and API access require an active Business or Enterprise subscription."
    ));
    assert!(!page.body.contains("Create API Key") && page.body.contains("Production"));
    let fields = [("name", "More"), ("permissions", "read")];
    let page = world.post(Some(&world.admin), LIST, &fields).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(
        page.body
            .contains("active Business or Enterprise subscription")
    );
}

#[tokio::test]
async fn script_in_a_name_is_text_on_every_page() {
    let world = World::new().await;
    let name = "<script>alert('x')</script>\" onload=\"y";
    let (key, _) = world.key(&world.admin, name).await;
    let revoke = format!("/keys/{}/revoke", key.facts.id);
    let detail = format!("/keys/{}", key.facts.id);
    let edit = format!("/keys/{}/edit", key.facts.id);
    for path in [LIST, &detail, &revoke, &edit, "/audit"] {
        let page = world.get(Some(&world.admin), path).await;
        assert!(
            page.body
                .contains("&lt;script&gt;alert('x')&lt;/script&gt;&quot;"),
            "{path}"
        );
        assert!(!page.body.contains("<script>alert"), "{path}");
    }
}

#[tokio::test]
async fn edit_writes_what_was_touched_and_nothing_else() {
    let world = World::new().await;
    create(&world, "Production").await;
    let before = world.keys(&world.admin).await.remove(0);
    let path = format!("/keys/{}/edit", before.facts.id);
    let form = world.get(Some(&world.admin), &path).await;
    assert_eq!(form.value("expires_at"), "2099-12-31T23:59");
    let untouched = [
        ("name", "Production"),
        ("permissions", "read"),
        ("permissions", "write"),
        ("environment", "staging"),
        ("expires_at", "2099-12-31T23:59"),
        ("ip_allowlist", "203.0.113.0/24\r\n2001:db8::1/128"),
        ("per_minute", "7"),
        ("per_day", ""),
    ];
    let page = world.post(Some(&world.admin), &path, &untouched).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
    assert_eq!(world.keys(&world.admin).await[0], before);
    let cleared = [
        ("name", "Narrower"),
        ("permissions", "read"),
        ("expires_at", ""),
        ("ip_allowlist", ""),
        ("per_minute", ""),
    ];
    let page = world.post(Some(&world.admin), &path, &cleared).await;
    let after = world.keys(&world.admin).await.remove(0);
    assert_eq!(after.name, "Narrower");
    assert!(!after.facts.permissions().allow(Permission::Write));
    assert_eq!(
        (after.facts.expires_at, after.facts.ip_allowlist),
        (None, None)
    );
    assert!(after.facts.rate_limit.is_default());
    assert_eq!(after.facts.environment, before.facts.environment);
    let said = world.get(Some(&world.admin), page.header("location")).await;
    assert!(
        said.body
            .contains("The change holds everywhere (proof: local,")
    );
}
