//! Settings → Webhooks.

use http::StatusCode;

use crate::fixture::World;

const NEW: [(&str, &str); 3] = [
    ("url", "http://127.0.0.1:9/hooks"),
    ("description", "CRM"),
    ("events", "report.completed"),
];

#[tokio::test]
async fn a_webhook_is_made_changed_and_deleted_and_its_secret_is_shown_once() {
    let world = World::new().await;
    let admin = Some(&world.admin);
    let form = world.get(admin, "/settings/webhooks/new").await;
    assert!(form.body.contains("report.completed"));
    let made = world.post(admin, "/settings/webhooks", &NEW).await;
    assert_eq!(made.header("referrer-policy"), "no-referrer");
    let secret = secret_of(&made.body);

    let list = world.get(admin, "/settings/webhooks").await.body;
    assert!(list.contains("http://127.0.0.1:9/hooks") && !list.contains(&secret));
    let path = path_of(&list);
    let page = world.get(admin, &path).await;
    assert!(page.body.contains("Nothing has been sent yet.") && !page.body.contains(&secret));

    let fields = [
        ("url", "http://127.0.0.1:9/other"),
        ("events", "meeting.failed"),
    ];
    let changed = world.post(admin, &path, &fields).await;
    let said = world.get(admin, changed.header("location")).await.body;
    assert!(said.contains("The webhook is changed.") && said.contains(">disabled<"));

    let rotated = world
        .post(admin, &format!("{path}/rotate-secret"), &[])
        .await;
    assert_ne!(secret_of(&rotated.body), secret);

    let question = world.get(admin, &format!("{path}/delete")).await;
    assert!(question.body.contains("Delete the webhook?"));
    let deleted = world.post(admin, &format!("{path}/delete"), &[]).await;
    let said = world.get(admin, deleted.header("location")).await.body;
    assert!(said.contains("The webhook is deleted.") && said.contains("No webhooks yet"));
    assert_eq!(world.get(admin, &path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_mistake_is_told_above_what_was_typed() {
    let world = World::new().await;
    let fields = [
        ("url", "http://169.254.169.254/"),
        ("events", "report.completed"),
    ];
    let page = world
        .post(Some(&world.admin), "/settings/webhooks", &fields)
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(
        page.body
            .contains("url leads to an address that is not public")
    );
    assert!(page.body.contains(r#"value="http://169.254.169.254/""#));
}

fn secret_of(page: &str) -> String {
    let start = page.find("whsec_").unwrap();
    page[start..].split('"').next().unwrap().to_owned()
}

fn path_of(list: &str) -> String {
    let start = list.find("/settings/webhooks/wh_").unwrap();
    list[start..].split('"').next().unwrap().to_owned()
}
