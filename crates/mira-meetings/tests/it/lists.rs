//! Pages, filters and parameters.

use crate::house::{House, NOON, blob, grant, id, organization};

suite! {
    pages_walk_every_meeting_once_newest_first,
    meetings_of_one_instant_keep_an_order_across_pages,
    page_past_the_end_is_empty,
    limit_is_twenty_by_default_and_at_most_a_hundred,
    filters_select_and_count_alike,
    from_is_inside_and_to_is_outside,
    bad_parameter_is_refused_by_its_name,
    totals_follow_what_happens_to_meetings,
}

/// Organization 1 with `count` meetings, a second apart, called 0, 1, 2 …
async fn with_meetings(house: House, count: u64) -> House {
    let meeting = |number: u64| {
        format!(
            "({}, {}, '{number}', '{}', {}, '[]', {}, 0)",
            blob(id(number).as_bytes()),
            blob(organization(1).as_bytes()),
            if number.is_multiple_of(3) {
                "completed"
            } else {
                "failed"
            },
            if number.is_multiple_of(2) {
                blob(id(7).as_bytes())
            } else {
                "NULL".to_owned()
            },
            NOON.as_millis() + i64::try_from(number).unwrap() * 1000,
        )
    };
    let meetings: Vec<String> = (0..count).map(meeting).collect();
    let sql = format!(
        "INSERT INTO meetings (id, organization_id, title, status, user_id, attendees, started_at,
             created_at)
         VALUES {}",
        meetings.join(", ")
    );
    house.execute(sql).await;
    house
}

async fn pages_walk_every_meeting_once_newest_first(house: House) {
    let house = with_meetings(house, 47).await;
    let caller = grant(organization(1));
    let mut titles = Vec::new();
    for page in 1..=5 {
        let reply = house
            .get(&caller, &format!("/meetings?limit=10&page={page}"))
            .await;
        let meta = serde_json::json!({"page": page, "limit": 10, "total": 47, "total_pages": 5});
        assert_eq!(reply.json()["meta"], meta);
        titles.extend(reply.column("title"));
    }
    let expected: Vec<String> = (0..47).rev().map(|number| number.to_string()).collect();
    assert_eq!(titles, expected);
}

async fn meetings_of_one_instant_keep_an_order_across_pages(house: House) {
    for number in 0..9 {
        house
            .add_meeting(organization(1), number, &format!("{number}"), 0)
            .await;
    }
    let caller = grant(organization(1));
    let mut titles = Vec::new();
    for page in 1..=3 {
        let path = format!("/meetings?limit=3&page={page}");
        titles.extend(house.get(&caller, &path).await.column("title"));
    }
    assert_eq!(titles, ["8", "7", "6", "5", "4", "3", "2", "1", "0"]);
}

async fn page_past_the_end_is_empty(house: House) {
    let house = with_meetings(house, 3).await;
    for (path, page) in [
        ("/meetings?page=2", 2_u32),
        ("/meetings?page=99999999999999999999", u32::MAX),
    ] {
        let reply = house.get(&grant(organization(1)), path).await;
        assert_eq!(reply.data(), serde_json::json!([]));
        let meta = serde_json::json!({"page": page, "limit": 20, "total": 3, "total_pages": 1});
        assert_eq!(reply.json()["meta"], meta);
    }
}

async fn limit_is_twenty_by_default_and_at_most_a_hundred(house: House) {
    let house = with_meetings(house, 120).await;
    for (query, limit) in [
        ("", 20),
        ("?limit=1", 1),
        ("?limit=100", 100),
        ("?limit=101", 100),
        ("?limit=99999999999999999999", 100),
    ] {
        let reply = house
            .get(&grant(organization(1)), &format!("/meetings{query}"))
            .await;
        assert_eq!(reply.column("id").len(), limit, "{query}");
        assert_eq!(reply.json()["meta"]["limit"], limit, "{query}");
    }
}

async fn filters_select_and_count_alike(house: House) {
    let house = with_meetings(house, 30).await;
    let user = id(7);
    let late = "from=2026-03-02T12:00:20Z";
    for (query, expected) in [
        ("status=completed".to_owned(), 10),
        ("status=no_transcript".to_owned(), 0),
        (format!("user_id={user}"), 15),
        (format!("user_id={}", user.to_string().to_uppercase()), 15),
        (format!("user_id={}", id(8)), 0),
        (format!("status=completed&user_id={user}"), 5),
        (late.to_owned(), 10),
        (format!("{late}&status=completed"), 3),
        (format!("{late}&status=completed&user_id={user}"), 1),
        ("surplus=1&surplus=2&status=completed".to_owned(), 10),
    ] {
        let path = format!("/meetings?limit=100&{query}");
        let reply = house.get(&grant(organization(1)), &path).await;
        assert_eq!(reply.column("id").len(), expected, "{query}");
        assert_eq!(reply.json()["meta"]["total"], expected, "{query}");
    }
}

async fn from_is_inside_and_to_is_outside(house: House) {
    let midnight = -12 * 3600;
    for (number, title, secs) in [
        (0, "the day before", midnight - 1),
        (1, "midnight", midnight),
        (2, "noon", 0),
        (3, "after noon", 1),
    ] {
        house
            .add_meeting(organization(1), number, title, secs)
            .await;
    }
    for (query, expected) in [
        ("from=2026-03-02", &["after noon", "noon", "midnight"][..]),
        ("to=2026-03-02", &["the day before"]),
        ("from=2026-03-02T12:00:00.000Z", &["after noon", "noon"]),
        ("to=2026-03-02T12:00:00Z", &["midnight", "the day before"]),
        ("from=2026-03-02T13:00:00%2B01:00", &["after noon", "noon"]),
        (
            "from=2026-03-02&to=2026-03-02T12:00:01Z",
            &["noon", "midnight"],
        ),
        ("from=2026-03-03&to=2026-03-02", &[]),
    ] {
        let reply = house
            .get(&grant(organization(1)), &format!("/meetings?{query}"))
            .await;
        assert_eq!(reply.column("title"), expected, "{query}");
    }
}

async fn bad_parameter_is_refused_by_its_name(house: House) {
    const NUMBER: &str = "must be a whole number, at least 1";
    const INSTANT: &str =
        "must be an instant as in 2026-01-15T10:30:00Z or a date as in 2026-01-15";
    const STATUS: &str =
        "must be one of pending, fetched, processing, completed, failed, no_transcript";
    const ONCE: &str = "is given more than once";
    let caller = grant(organization(1));
    for (path, name, rule) in [
        ("/meetings?page=0", "page", NUMBER),
        ("/meetings?page=-1", "page", NUMBER),
        ("/meetings?page=1.5", "page", NUMBER),
        ("/meetings?page=", "page", NUMBER),
        ("/meetings?page=%2B1", "page", NUMBER),
        ("/meetings?page=1&page=1", "page", ONCE),
        ("/meetings?limit=0", "limit", NUMBER),
        ("/meetings?limit=-5", "limit", NUMBER),
        ("/meetings?limit=ten", "limit", NUMBER),
        ("/meetings?limit=5&limit=6", "limit", ONCE),
        ("/meetings?status=done", "status", STATUS),
        ("/meetings?status=Completed", "status", STATUS),
        ("/meetings?status=", "status", STATUS),
        ("/meetings?status=completed,failed", "status", STATUS),
        ("/meetings?status=failed&status=failed", "status", ONCE),
        ("/meetings?user_id=42", "user_id", "must be a UUID"),
        ("/meetings?user_id=", "user_id", "must be a UUID"),
        ("/meetings?from=yesterday", "from", INSTANT),
        ("/meetings?from=2026-02-30", "from", INSTANT),
        ("/meetings?from=2026-03-02T12:00:00", "from", INSTANT),
        ("/meetings?from=1772452800", "from", INSTANT),
        ("/meetings?to=", "to", INSTANT),
        ("/meetings?to=2026-03-02&to=2026-03-02", "to", ONCE),
        (
            "/templates?is_active=yes",
            "is_active",
            "must be true or false",
        ),
        (
            "/templates?is_active=1",
            "is_active",
            "must be true or false",
        ),
        (
            "/templates?is_active=TRUE",
            "is_active",
            "must be true or false",
        ),
        ("/templates?call_type=a&call_type=b", "call_type", ONCE),
        ("/templates?limit=0", "limit", NUMBER),
        ("/roleplay/sessions?page=x", "page", NUMBER),
    ] {
        let reply = house.get(&caller, path).await;
        assert_eq!(reply.refusal(), (400, format!("{name} {rule}")), "{path}");
        assert_eq!(reply.headers["x-mira-code"], "invalid_request");
    }
}

async fn totals_follow_what_happens_to_meetings(house: House) {
    let house = with_meetings(house, 6).await;
    let caller = grant(organization(1));
    let total = async |query: &str| {
        let reply = house.get(&caller, &format!("/meetings{query}")).await;
        reply.json()["meta"]["total"].as_u64().unwrap()
    };
    assert_eq!((total("").await, total("?status=failed").await), (6, 4));
    house.delete(&caller, &format!("/meetings/{}", id(1))).await;
    assert_eq!((total("").await, total("?status=failed").await), (5, 3));
    house
        .execute("UPDATE meetings SET status = 'completed', user_id = NULL")
        .await;
    assert_eq!((total("").await, total("?status=failed").await), (5, 0));
    assert_eq!(total("?status=completed").await, 5);
    assert_eq!(total(&format!("?user_id={}", id(7))).await, 0);
}
