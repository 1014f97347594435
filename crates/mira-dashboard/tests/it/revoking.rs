//! How keys end on the pages: revoked, suspended, rotated.

use http::StatusCode;
use mira_core::Standing;

use crate::fixture::World;
use crate::keys::shown_key;

#[tokio::test]
async fn revoke_asks_first_and_then_tells_since_when_it_holds() {
    let world = World::new().await;
    let (key, _) = world.key(&world.admin, "Leaked").await;
    let path = format!("/keys/{}/revoke", key.facts.id);
    let question = world.get(Some(&world.admin), &path).await;
    assert!(question.body.contains("Revoke Leaked?") && question.body.contains(&key.prefix));
    assert_eq!(world.standing(&key).await, Standing::Active);
    let reason = [("reason", "found in a gist")];
    let page = world.post(Some(&world.admin), &path, &reason).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(matches!(
        world.standing(&key).await,
        Standing::Revoked { .. }
    ));
    let list = world.get(Some(&world.admin), page.header("location")).await;
    let said = list.body.split("role=\"status\"").nth(1).unwrap();
    assert!(said.contains("Key <strong>Leaked</strong> is revoked."));
    assert!(said.contains("It stopped working everywhere (proof: local, waited "));
    let audit = world
        .get(Some(&world.admin), "/audit?action=key.revoked")
        .await;
    assert!(audit.body.contains("found in a gist"));
    let again = world.get(Some(&world.admin), &path).await;
    assert!(again.body.contains("Leaked is revoked"));
}

#[tokio::test]
async fn revoked_keys_are_hidden_until_asked_for() {
    let world = World::new().await;
    let (key, _) = world.key(&world.admin, "Leaked").await;
    let path = format!("/keys/{}/revoke", key.facts.id);
    world.post(Some(&world.admin), &path, &[]).await;
    let list = world.get(Some(&world.admin), "/settings/api-keys").await;
    assert!(list.body.contains("No usable keys") && !list.body.contains("Leaked"));
    let all = world
        .get(Some(&world.admin), "/settings/api-keys?show=all")
        .await;
    assert!(all.body.contains("Leaked") && !all.body.contains(&path));
}

#[tokio::test]
async fn notices_say_nothing_that_is_not_true() {
    let world = World::new().await;
    let (key, _) = world.key(&world.admin, "Alive").await;
    let id = key.facts.id;
    for query in [
        format!("notice=key-revoked&key={id}&effect=local.1.3"),
        format!("notice=key-suspended&key={id}"),
        "notice=key-revoked&effect=local.1.3".to_owned(),
        "notice=key-revoked&key=key_0".to_owned(),
        "notice=call-0800-EVIL".to_owned(),
    ] {
        let path = format!("/settings/api-keys?{query}");
        let page = world.get(Some(&world.admin), &path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.body.contains("role=\"status\""), "{query}");
        assert!(!page.body.contains("EVIL"));
    }
}

#[tokio::test]
async fn suspended_key_can_be_resumed() {
    let world = World::new().await;
    let (key, _) = world.key(&world.admin, "Paused").await;
    let path = format!("/keys/{}", key.facts.id);
    let page = world
        .post(Some(&world.admin), &format!("{path}/suspend"), &[])
        .await;
    assert_eq!(world.standing(&key).await, Standing::Suspended);
    let said = world.get(Some(&world.admin), page.header("location")).await;
    assert!(
        said.body
            .contains("is suspended. It stopped working everywhere")
    );
    assert!(said.body.contains(&format!("{path}/resume")));
    world
        .post(Some(&world.admin), &format!("{path}/resume"), &[])
        .await;
    assert_eq!(world.standing(&key).await, Standing::Active);
}

#[tokio::test]
async fn rotation_shows_the_successor_once_and_retires_the_old_key() {
    let world = World::new().await;
    let (key, _) = world.key(&world.admin, "Rolling").await;
    let path = format!("/keys/{}/rotate", key.facts.id);
    let form = world.get(Some(&world.admin), &path).await;
    let mark = form.mark();
    let fields = [("form", mark.as_str()), ("grace_period_secs", "3600")];
    let page = world.post(Some(&world.admin), &path, &fields).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("keeps working until"));
    let successor = shown_key(&page);
    assert!(matches!(
        world.standing(&key).await,
        Standing::Retiring { .. }
    ));
    let again = world.post(Some(&world.admin), &path, &fields).await;
    assert_eq!(again.status, StatusCode::OK);
    assert!(!again.body.contains(&successor));
    assert_eq!(world.keys(&world.admin).await.len(), 2);
    let fresh = world.post(Some(&world.admin), &path, &[("grace_period_secs", "0")]);
    assert_eq!(fresh.await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn rotation_without_grace_says_that_the_old_key_is_dead() {
    let world = World::new().await;
    let (key, _) = world.key(&world.admin, "Rolling").await;
    let path = format!("/keys/{}/rotate", key.facts.id);
    let fields = [("grace_period_secs", "0")];
    let page = world.post(Some(&world.admin), &path, &fields).await;
    assert!(
        page.body
            .contains("It stopped working everywhere (proof: local,")
    );
    assert!(matches!(
        world.standing(&key).await,
        Standing::Revoked { .. }
    ));
}
