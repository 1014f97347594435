//! Members, their roles and their invitations.

use http::StatusCode;

use crate::fixture::{PASSWORD, World};

const LIST: &str = "/settings/members";

#[tokio::test]
async fn invitation_is_shown_once_and_signs_its_person_in() {
    let world = World::new().await;
    let admin = Some(&world.admin);
    let fields = [
        ("email", "new@acme.example"),
        ("name", "Grace"),
        ("role", "member"),
    ];
    let page = world.post(admin, LIST, &fields).await;
    assert_eq!(page.status, StatusCode::OK);
    let start = page
        .body
        .find("http://mira.example:8080/invitations/")
        .unwrap();
    let link = page.body[start..].split('<').next().unwrap();
    let path = link.trim_start_matches("http://mira.example:8080");
    let list = world.get(admin, LIST).await;
    assert!(list.body.contains("Grace") && !list.body.contains("/invitations/"));
    let form = world.get(None, path).await;
    assert!(form.body.contains("new@acme.example"));
    let short = world.post(None, path, &[("password", "short")]).await;
    assert_eq!(short.status, StatusCode::BAD_REQUEST);
    assert!(short.body.contains("A password has 12 to 200 characters."));
    let page = world.post(None, path, &[("password", PASSWORD)]).await;
    assert_eq!(page.header("location"), "/");
    assert!(page.header("set-cookie").starts_with("mira_session="));
    assert_eq!(world.get(None, path).await.status, StatusCode::NOT_FOUND);
    let again = world.post(None, path, &[("password", PASSWORD)]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn address_in_use_comes_back_with_its_reason() {
    let world = World::new().await;
    let fields = [("email", "member@acme.example"), ("role", "admin")];
    let page = world.post(Some(&world.admin), LIST, &fields).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.body.contains("This email address is in use."));
    assert_eq!(page.value("email"), "member@acme.example");
}

#[tokio::test]
async fn roles_change_and_people_go() {
    let world = World::new().await;
    let admin = Some(&world.admin);
    let path = format!("{LIST}/{}", world.member.id);
    let page = world
        .post(admin, &format!("{path}/role"), &[("role", "admin")])
        .await;
    assert!(
        world
            .get(admin, page.header("location"))
            .await
            .body
            .contains("The role is changed.")
    );
    let question = world.get(admin, &format!("{path}/remove")).await;
    assert!(question.body.contains("Remove member@acme.example?"));
    let page = world.post(admin, &format!("{path}/remove"), &[]).await;
    let list = world.get(admin, page.header("location")).await;
    assert!(list.body.contains("The member is removed"));
    assert!(!list.body.contains("member@acme.example"));
    // Whoever lost that answer sends the form again.
    let again = world.post(admin, &format!("{path}/remove"), &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn last_admin_stays() {
    let world = World::new().await;
    let path = format!("{LIST}/{}/remove", world.stranger.id);
    let page = world.post(Some(&world.stranger), &path, &[]).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(
        page.body
            .contains("The last admin of an organization stays.")
    );
}
