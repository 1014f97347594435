//! Signing in and out, the set-up link and where they lead.

use axum::body::Body;
use http::header::COOKIE;
use http::{Request, StatusCode};
use mira_console::Token;

use crate::fixture::{PASSWORD, SETUP_TOKEN, Site, World};

const EMAIL: &str = "root@acme.example";

#[tokio::test]
async fn right_password_gives_a_session_and_leads_home() {
    let world = World::new().await;
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    let page = world.post(None, "/sign-in", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(page.header("location"), "/");
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("mira_session="), "{cookie}");
    assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
    let token = cookie.split(['=', ';']).nth(1).unwrap();
    let session = world.console.session(&Token::presented(token)).await;
    assert_eq!(session.unwrap().unwrap().email, EMAIL);
}

#[tokio::test]
async fn wrong_password_is_401_and_the_eleventh_429() {
    let world = World::new().await;
    let fields = [("email", EMAIL), ("password", "guess \"<b>")];
    for _ in 0..10 {
        let page = world.post(None, "/sign-in", &fields).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        assert!(page.body.contains("Email or password is wrong."));
        assert!(page.body.contains(EMAIL) && !page.body.contains("guess"));
        assert_eq!(page.header("set-cookie"), "");
    }
    let right = [("email", EMAIL), ("password", PASSWORD)];
    let page = world.post(None, "/sign-in", &right).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.body.contains("Too many failed sign-ins"));
    assert_eq!(page.header("retry-after"), "900");
}

#[tokio::test]
async fn pages_without_a_session_lead_to_the_sign_in_page_and_back() {
    let world = World::new().await;
    let page = world.get(None, "/audit?action=key.revoked").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let sign_in = page.header("location");
    assert_eq!(sign_in, "/sign-in?next=%2Faudit%3Faction%3Dkey.revoked");
    let form = world.get(None, sign_in).await;
    let next = form.value("next").to_owned();
    let fields = [("email", EMAIL), ("password", PASSWORD), ("next", &next)];
    let page = world.post(None, "/sign-in", &fields).await;
    assert_eq!(page.header("location"), "/audit?action=key.revoked");
    let form = world.post(None, "/settings/api-keys", &[]).await;
    assert_eq!(form.header("location"), "/sign-in");
}

#[tokio::test]
async fn nobody_is_led_to_another_host() {
    let world = World::new().await;
    for next in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        let fields = [("email", EMAIL), ("password", PASSWORD), ("next", next)];
        let page = world.post(None, "/sign-in", &fields).await;
        assert_eq!(page.header("location"), "/", "{next}");
        let path = format!("/sign-in?next={}", next.replace('\\', "%5C"));
        assert!(!world.get(None, &path).await.body.contains("evil"));
        let page = world.get(Some(&world.admin), &path).await;
        assert_eq!(page.header("location"), "/", "{next}");
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookie_away() {
    let world = World::new().await;
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    let page = world.post(None, "/sign-in", &fields).await;
    let cookie = page.header("set-cookie").split(';').next().unwrap();
    let request = Request::post("/sign-out")
        .header(COOKIE, cookie)
        .body(Body::empty())
        .unwrap();
    let page = world.send(Some(&world.superadmin), request).await;
    assert_eq!(page.header("location"), "/sign-in");
    assert!(page.header("set-cookie").contains("Max-Age=0"));
    let token = Token::presented(cookie.split('=').nth(1).unwrap());
    assert!(world.console.session(&token).await.unwrap().is_none());
}

#[tokio::test]
async fn set_up_link_makes_the_first_superadmin_and_signs_them_in() {
    let site = Site::empty().await;
    let path = format!("/setup/{SETUP_TOKEN}");
    assert_eq!(
        site.get(None, "/setup/guess").await.status,
        StatusCode::NOT_FOUND
    );
    assert!(site.get(None, &path).await.body.contains("Set up Mira"));
    let mut fields = [
        ("organization_name", "Acme"),
        ("name", "Ada"),
        ("email", EMAIL),
        ("password", "short"),
    ];
    let page = site.post(None, &path, &fields).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.body.contains("A password has 12 to 200 characters."));
    assert!(page.body.contains("value=\"Acme\"") && !page.body.contains("short"));
    fields[3].1 = PASSWORD;
    let page = site.post(None, &path, &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
    assert!(page.header("set-cookie").starts_with("mira_session="));
    let again = site.post(None, &path, &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let wrong = site.post(None, "/setup/guess", &fields).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn home_is_the_list_of_keys() {
    let world = World::new().await;
    let page = world.get(Some(&world.member), "/").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(page.header("location"), "/settings/api-keys");
    assert_eq!(world.get(None, "/").await.header("location"), "/sign-in");
}

#[tokio::test]
async fn guesses_made_side_by_side_are_counted_like_others() {
    let world = std::sync::Arc::new(World::new().await);
    let mut guesses = Vec::new();
    for at in 0..20 {
        let password = if at < 19 { "guess" } else { PASSWORD };
        let world = std::sync::Arc::clone(&world);
        guesses.push(tokio::spawn(async move {
            let fields = [("email", EMAIL), ("password", password)];
            world.post(None, "/sign-in", &fields).await
        }));
    }
    for guess in guesses {
        assert_eq!(guess.await.unwrap().header("set-cookie"), "");
    }
}
