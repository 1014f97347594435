//! The people of an organization.

use mira_console::Token;
use mira_core::Role;
use serde_json::json;

use crate::scene::{Scene, Who};

fn members_of(scene: &Scene) -> String {
    format!("/v1/organizations/{}/members", scene.acme.id)
}

#[tokio::test]
async fn person_without_a_password_gets_an_invitation() {
    let scene = Scene::new().await;
    for (host, base) in [
        (
            &[("host", "mira.example:8080")][..],
            "http://mira.example:8080",
        ),
        (&[("host", "not a host")], ""),
        (&[], ""),
    ] {
        let email = format!("new{}@example.com", base.len() + host.len());
        let body = Some(json!({"email": email, "role": "member"}));
        let path = members_of(&scene);
        let added = scene
            .ask_with(&scene.admin, "POST", &path, body, host)
            .await
            .expect(201);
        assert_eq!(added.text_of("email"), email);
        let url = added.text_of("invitation_url");
        let token = url.strip_prefix(&format!("{base}/invitations/")).unwrap();
        let invited = scene
            .console
            .invitation(&Token::presented(token))
            .await
            .unwrap();
        assert_eq!(invited.email, email);
    }
}

#[tokio::test]
async fn person_with_a_password_signs_in_with_it() {
    let scene = Scene::new().await;
    let body = json!({
        "email": "Ada@Example.com", "role": "admin", "name": "Ada", "password": "a long password",
    });
    let added = scene
        .post(&scene.admin, &members_of(&scene), body)
        .await
        .expect(201)
        .json();
    assert_eq!(added["email"], "ada@example.com");
    assert!(added.get("invitation_url").is_none());
    let sign_in = json!({"email": "ada@example.com", "password": "a long password"});
    scene
        .post(&Who::Nobody, "/v1/sessions", sign_in)
        .await
        .expect(201);
}

#[tokio::test]
async fn bad_people_are_refused() {
    let scene = Scene::new().await;
    for (body, status, text) in [
        (
            json!({"email": "a@example.com", "role": "owner"}),
            400,
            "The body is not as documented: role is one of member, admin, superadmin",
        ),
        (
            json!({"email": "nowhere", "role": "member"}),
            400,
            "An email address is written as in ada@example.com",
        ),
        (
            json!({"email": "a@example.com", "role": "member", "password": "short"}),
            400,
            "A password has 12 to 200 characters",
        ),
        (
            json!({"email": "root@example.com", "role": "member", "password": "a long password"}),
            409,
            "This email address is in use",
        ),
    ] {
        let reply = scene.post(&scene.admin, &members_of(&scene), body).await;
        let code = if status == 400 {
            "invalid_request"
        } else {
            "conflict"
        };
        reply.expect_refusal(status, code, text);
    }
}

#[tokio::test]
async fn only_a_superadmin_gives_and_takes_that_role() {
    let scene = Scene::new().await;
    let person = scene.person(&scene.acme, Role::Member).await;
    let path = format!("{}/{}", members_of(&scene), person.id);
    let body = json!({"role": "superadmin"});
    scene
        .patch(&scene.admin, &path, body.clone())
        .await
        .expect(403);
    let new = json!({"email": "boss@example.com", "role": "superadmin"});
    scene
        .post(&scene.admin, &members_of(&scene), new)
        .await
        .expect(403);

    let promoted = scene
        .patch(&scene.root, &path, body)
        .await
        .expect(200)
        .json();
    assert_eq!(promoted["role"], "superadmin");
    assert_eq!(promoted["effective"], true);
    scene
        .patch(&scene.admin, &path, json!({"role": "member"}))
        .await
        .expect(403);
    scene
        .ask(&scene.admin, "DELETE", &path, None)
        .await
        .expect(403);
    let demoted = scene
        .patch(&scene.root, &path, json!({"role": "member"}))
        .await;
    assert_eq!(demoted.expect(200).json()["role"], "member");
}

#[tokio::test]
async fn last_admin_and_last_superadmin_stay() {
    let scene = Scene::new().await;
    let id_of = |who: &Who| match who {
        Who::Person(user) => (user.organization_id, user.id),
        _ => panic!("a person"),
    };
    let (acme, admin) = id_of(&scene.admin);
    let (operators, root) = id_of(&scene.root);
    let admin = format!("/v1/organizations/{acme}/members/{admin}");
    let root = format!("/v1/organizations/{operators}/members/{root}");
    let last_admin = "The last admin of an organization stays";
    for reply in [
        scene
            .patch(&scene.admin, &admin, json!({"role": "member"}))
            .await,
        scene.ask(&scene.admin, "DELETE", &admin, None).await,
        scene.ask(&scene.root, "DELETE", &root, None).await,
    ] {
        reply.expect_refusal(409, "conflict", last_admin);
    }
    let demoted = scene
        .patch(&scene.root, &root, json!({"role": "admin"}))
        .await;
    demoted.expect_refusal(409, "conflict", "The last superadmin stays");

    // With another superadmin elsewhere, an only admin may step down to admin.
    scene
        .patch(&scene.root, &admin, json!({"role": "superadmin"}))
        .await
        .expect(200);
    scene
        .patch(&scene.root, &root, json!({"role": "admin"}))
        .await
        .expect(200);
}

#[tokio::test]
async fn removed_person_can_do_nothing_anymore() {
    let scene = Scene::new().await;
    let person = scene.person(&scene.acme, Role::Admin).await;
    let who = Who::Person(person.clone());
    let path = format!("{}/{}", members_of(&scene), person.id);
    let removed = scene
        .ask(&scene.admin, "DELETE", &path, None)
        .await
        .expect(200)
        .json();
    assert_eq!(removed["id"], person.id.to_string());
    assert_eq!(removed["effective"], true);
    // Even a request that the edge let in before that.
    let keys = format!("/v1/organizations/{}/keys", scene.acme.id);
    scene
        .post(&who, &keys, json!({"name": "CI"}))
        .await
        .expect(403);
    // Whoever lost the first answer asks again, and learns that it holds.
    let again = scene.ask(&scene.admin, "DELETE", &path, None).await;
    assert_eq!(told(again.expect(200).json()), told(removed));
}

#[tokio::test]
async fn who_was_removed_is_told_to_nobody_else() {
    let scene = Scene::new().await;
    let person = scene.person(&scene.acme, Role::Superadmin).await;
    let path = format!("{}/{}", members_of(&scene), person.id);
    let delete = |who| scene.ask(who, "DELETE", &path, None);
    delete(&scene.root).await.expect(200);
    delete(&scene.member).await.expect(403);
    // Nor does a member learn who never was.
    let nobody = format!(
        "{}/{}",
        members_of(&scene),
        person
            .id
            .to_string()
            .replace(|c: char| c.is_ascii_digit(), "7")
    );
    let of_nobody = scene.ask(&scene.member, "DELETE", &nobody, None).await;
    of_nobody.expect(403);
    // Taking that role, also again, is for those who have it.
    delete(&scene.admin).await.expect(403);
    delete(&scene.stranger)
        .await
        .expect_refusal(404, "not_found", "Organization not found");
    let elsewhere = format!(
        "/v1/organizations/{}/members/{}",
        scene.globex.id, person.id
    );
    scene
        .ask(&scene.root, "DELETE", &elsewhere, None)
        .await
        .expect_refusal(404, "not_found", "Member not found");
}

/// What is told of a person, whatever the waiting took.
fn told(mut body: serde_json::Value) -> serde_json::Value {
    body.as_object_mut().unwrap().remove("waited_ms");
    body
}
