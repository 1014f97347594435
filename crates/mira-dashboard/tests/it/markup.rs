//! What holds for every page: its headers, and that its policy has nothing to
//! forbid.

use axum::body::Body;
use http::{Request, StatusCode};

use crate::fixture::{Page, SETUP_TOKEN, World};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    connect-src 'self'";

/// A look at every page there is, as a superadmin and as nobody.
async fn every_page(world: &World) -> Vec<(String, Page)> {
    let (key, _) = world.key(&world.admin, "Production").await;
    let app = world.app(&world.admin, "Newsroom").await;
    let signed_in = [
        "/settings/api-keys".to_owned(),
        "/settings/api-keys?show=all".to_owned(),
        "/settings/api-keys/new".to_owned(),
        "/settings/members".to_owned(),
        format!("/settings/members/{}/remove", world.member.id),
        "/settings/organization".to_owned(),
        "/organizations".to_owned(),
        "/apps".to_owned(),
        "/apps/new".to_owned(),
        format!("/apps/{}", app.id),
        format!("/apps/{}/keys/new", app.id),
        format!("/apps/{}/delete", app.id),
        format!("/keys/{}", key.facts.id),
        format!("/keys/{}/edit", key.facts.id),
        format!("/keys/{}/rotate", key.facts.id),
        format!("/keys/{}/revoke", key.facts.id),
        "/usage".to_owned(),
        "/audit".to_owned(),
        "/nowhere".to_owned(),
        "/keys/nothing".to_owned(),
        "/sign-out".to_owned(),
        "/".to_owned(),
    ];
    let mut pages = Vec::new();
    for path in signed_in {
        let page = world.get(Some(&world.superadmin), &path).await;
        pages.push((path, page));
    }
    for path in [
        "/sign-in",
        &format!("/setup/{SETUP_TOKEN}"),
        "/invitations/none",
    ] {
        pages.push((path.to_owned(), world.get(None, path).await));
    }
    let fields = [("name", "Fresh"), ("permissions", "read")];
    let created = world.post(Some(&world.admin), "/settings/api-keys", &fields);
    pages.push(("a created key".to_owned(), created.await));
    pages
}

#[tokio::test]
async fn every_page_carries_the_headers_that_protect_it() {
    let world = World::new().await;
    for (path, page) in every_page(&world).await {
        assert_eq!(page.header("content-security-policy"), POLICY, "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        let shows_a_secret = page.body.contains("data-secret");
        let policy = if shows_a_secret {
            "no-referrer"
        } else {
            "same-origin"
        };
        assert_eq!(page.header("referrer-policy"), policy, "{path}");
        // Without a referrer a form has no origin, and is refused as foreign.
        let has_form = page.body.contains("<form");
        assert!(!(shows_a_secret && has_form), "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn no_page_has_inline_script_or_style() {
    let world = World::new().await;
    for (path, page) in every_page(&world).await {
        let scripts = page.body.matches("<script").count();
        assert_eq!(
            scripts,
            page.body.matches("<script src=\"/assets/").count(),
            "{path}"
        );
        for inline in [
            "<style",
            " style=",
            "javascript:",
            "<iframe",
            "http-equiv",
            "<base",
        ] {
            assert!(!page.body.contains(inline), "{path} has {inline}");
        }
        let attributes = page.body.split(['<', ' ']);
        let handlers = attributes.filter(|word| word.starts_with("on") && word.contains("=\""));
        assert_eq!(handlers.count(), 0, "{path}");
    }
}

#[tokio::test]
async fn every_control_has_a_label_and_every_table_a_caption() {
    let world = World::new().await;
    for (path, page) in every_page(&world).await {
        let (tables, captions) = (page.body.matches("<table"), page.body.matches("<caption"));
        assert_eq!(tables.count(), captions.count(), "{path}");
        for id in page.body.split("id=\"field-").skip(1) {
            let id = id.split('"').next().unwrap();
            if !id.ends_with("-hint") {
                assert!(
                    page.body.contains(&format!("for=\"field-{id}\"")),
                    "{path}: {id}"
                );
            }
        }
        let ids = page.body.split(" id=\"").skip(1);
        let mut ids: Vec<&str> = ids.map(|id| id.split('"').next().unwrap()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{path} uses an id twice");
        if page.status == StatusCode::OK {
            assert_eq!(page.body.matches("<h1").count(), 1, "{path}");
            assert_eq!(page.body.matches("<main").count(), 1, "{path}");
        }
    }
}

#[tokio::test]
async fn faults_are_pages_that_name_the_request() {
    let world = World::new().await;
    let admin = Some(&world.admin);
    let page = world.get(admin, "/nowhere").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("Page not found.") && page.body.contains("Request <code>"));
    let page = world.get(admin, "/sign-out").await;
    assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(page.header("allow"), "POST");
    assert!(page.header("content-type").starts_with("text/html"));
    let request = Request::post("/settings/api-keys")
        .body(Body::from("{}"))
        .unwrap();
    let page = world.send(admin, request).await;
    assert_eq!(page.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(page.body.contains("Request <code>"));
}

#[tokio::test]
async fn assets_are_named_by_their_hash_and_kept_for_ever() {
    let world = World::new().await;
    let page = world.get(None, "/sign-in").await;
    let paths = page
        .body
        .split('"')
        .filter(|part| part.starts_with("/assets/"));
    let paths: Vec<&str> = paths.collect();
    assert_eq!(paths.len(), 3, "style, script and logo");
    for path in paths {
        let asset = world.get(None, path).await;
        assert_eq!(asset.status, StatusCode::OK, "{path}");
        assert_eq!(
            asset.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(asset.header("x-content-type-options"), "nosniff");
    }
    let style = world.get(None, "/assets/mira.css").await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(style.header("cache-control"), "no-cache");
    let old = world.get(None, "/assets/mira-0000000000000000.css").await;
    assert_eq!(old.status, StatusCode::NOT_FOUND);
}
