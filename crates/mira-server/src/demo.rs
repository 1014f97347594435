//! `--demo`: an installation to look at, made through the ordinary use cases.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use mira_console::{Caller, Console, ConsoleError, NewInstallation, NewKey, NewMember};
use mira_core::{
    AppId, MicroUsd, OrganizationId, Permission, Permissions, Plan, Role, Subscription,
    SubscriptionStatus, UserId,
};
use mira_key::ServiceName;
use mira_meetings::Meetings;
use serde_json::{Value, json};

use crate::ServeError;
use crate::installation::Installation;

const PASSWORD_WORDS: usize = 4;

/// What a demo has: the accounts and the plaintext keys, for `demo.json`.
pub(crate) struct Demo {
    facts: Value,
    /// Lines for the terminal.
    pub(crate) lines: Vec<String>,
}

impl Demo {
    /// Makes organization `Acme` on an empty store; nothing if another node, which
    /// was started at the same time, makes it.
    pub(crate) async fn make(
        installation: &Installation,
        meetings: &Meetings,
        url: &str,
    ) -> Result<Option<Self>, ServeError> {
        let console = &installation.console;
        let passwords = passwords(installation)?;
        let Some((organization_id, users)) = people(console, &passwords).await? else {
            return Ok(None);
        };
        let caller = Console::system();
        let app = console
            .create_app(&caller, organization_id, "Acme Assistant", None)
            .await?
            .value
            .record;
        let balance = MicroUsd::from_micros(25_000_000);
        console
            .top_up(&caller, app.id, balance, "Demo credit", None)
            .await?;
        let keys = keys(console, &caller, organization_id, app.id).await?;
        let user_ids: Vec<UserId> = users.iter().map(|(id, ..)| *id).collect();
        meetings.load_samples(organization_id, &user_ids).await?;
        let users: Vec<Value> = users
            .iter()
            .map(|(_, email, role, password)| {
                json!({"email": email, "password": password, "role": role.as_str()})
            })
            .collect();
        let lines = lines(url, &users, &keys);
        let facts = json!({
            "url": url,
            "users": users,
            "organization_id": organization_id.to_string(),
            "app_id": app.id.to_string(),
            "keys": keys,
        });
        Ok(Some(Self { facts, lines }))
    }

    /// Writes `demo.json`, which only its owner may read: it holds keys.
    pub(crate) fn write(&self, data: &Path) -> Result<(), ServeError> {
        // Over a shared database nothing else needs the folder.
        match DirBuilder::new().mode(0o700).create(data) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(ServeError::Demo(error));
            }
            _ => {}
        }
        let path = data.join("demo.json");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)
            .map_err(ServeError::Demo)?;
        writeln!(file, "{:#}", self.facts).map_err(ServeError::Demo)
    }
}

/// Says the address of this start in the `demo.json` of an earlier one.
pub(crate) fn refresh(data: &Path, url: &str) -> Option<Demo> {
    let text = std::fs::read_to_string(data.join("demo.json")).ok()?;
    let mut facts: Value = serde_json::from_str(&text).ok()?;
    *facts.get_mut("url")? = url.into();
    let lines = lines(url, facts.get("users")?.as_array()?, facts.get("keys")?);
    Some(Demo { facts, lines })
}

type Person = (UserId, String, Role, String);

/// The first transaction, which only one of several nodes can win, and the others.
async fn people(
    console: &Console,
    passwords: &[String; 3],
) -> Result<Option<(OrganizationId, Vec<Person>)>, ServeError> {
    let [superadmin_password, admin_password, member_password] = passwords;
    let subscription = Subscription {
        plan: Plan::Business,
        status: SubscriptionStatus::Active,
        current_period_end: None,
    };
    let superadmin = console
        .set_up(NewInstallation {
            organization_name: "Acme".to_owned(),
            subscription,
            email: "root@acme.example".to_owned(),
            name: "Robin Root".to_owned(),
            password: superadmin_password.clone(),
        })
        .await;
    let superadmin = match superadmin {
        Err(ConsoleError::Conflict(_)) => return Ok(None),
        made => made?,
    };
    let organization_id = superadmin.organization_id;
    let mut people = vec![(
        superadmin.id,
        superadmin.email,
        superadmin.role,
        superadmin_password.clone(),
    )];
    for (email, name, role, password) in [
        ("ada@acme.example", "Ada Admin", Role::Admin, admin_password),
        (
            "max@acme.example",
            "Max Member",
            Role::Member,
            member_password,
        ),
    ] {
        let new = NewMember {
            email: email.to_owned(),
            role,
            name: name.to_owned(),
            password: Some(password.clone()),
        };
        let added = console
            .add_member(&Console::system(), organization_id, new, None)
            .await?;
        let user = added.value.record.user;
        people.push((user.id, user.email, user.role, password.clone()));
    }
    Ok(Some((organization_id, people)))
}

async fn keys(
    console: &Console,
    caller: &Caller,
    organization_id: OrganizationId,
    app_id: AppId,
) -> Result<Value, ServeError> {
    let mut keys = serde_json::Map::new();
    for permission in Permission::ALL {
        let new = NewKey {
            name: Some(format!("Demo {permission}")),
            permissions: Some(Permissions::from_iter([*permission])),
            ..NewKey::default()
        };
        let issued = console
            .issue_organization_key(caller, organization_id, new, None)
            .await?;
        keys.insert(permission.to_string(), plaintext(issued.value)?);
    }
    for service in [
        ServiceName::VERIFY,
        ServiceName::INFERENCE,
        ServiceName::CONSOLE,
    ] {
        let new = NewKey {
            name: Some(format!("Demo {service}")),
            ..NewKey::default()
        };
        let issued = console
            .issue_app_key(caller, app_id, service, new, None)
            .await?;
        keys.insert(service.to_string(), plaintext(issued.value)?);
    }
    Ok(Value::Object(keys))
}

fn plaintext(issued: mira_console::Issued) -> Result<Value, ServeError> {
    // A fresh key without an idempotency key always comes with its plaintext.
    let key = issued
        .key
        .ok_or(ServeError::Console(ConsoleError::Unavailable))?;
    Ok(key.expose().into())
}

/// Fresh passwords at every demo, so that a forgotten demo is no open door.
fn passwords(installation: &Installation) -> Result<[String; 3], ServeError> {
    let mut random = [[0_u8; PASSWORD_WORDS * 2]; 3];
    for one in &mut random {
        installation.entropy.fill(one).map_err(ConsoleError::from)?;
    }
    Ok(random.map(|one| {
        let (words, _) = one.as_chunks::<2>();
        let words: Vec<String> = words
            .iter()
            .map(|[a, b]| format!("{a:02x}{b:02x}"))
            .collect();
        words.join("-")
    }))
}

fn lines(url: &str, users: &[Value], keys: &Value) -> Vec<String> {
    let key = |name: &str| {
        keys.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut lines = vec![String::new(), format!("  Sign in at {url}/sign-in")];
    for user in users {
        let text = |name: &str| user.get(name).and_then(Value::as_str).unwrap_or_default();
        lines.push(format!(
            "    {:<11} {}  {}",
            text("role"),
            text("email"),
            text("password")
        ));
    }
    lines.extend([
        String::new(),
        "  Call the Mira API:".to_owned(),
        format!("    curl -X GET \"{url}/api/v1/meetings\" \\"),
        format!("      -H \"Authorization: Bearer {}\" \\", key("read")),
        "      -H \"Content-Type: application/json\"".to_owned(),
        String::new(),
        "  Verify a fact:".to_owned(),
        format!("    curl -X POST {url}/verify/v1/stream \\"),
        format!("      -H \"Authorization: Bearer {}\" \\", key("verify")),
        "      -H \"Content-Type: application/json\" \\".to_owned(),
        "      -d '{\"fact\": \"Paris is the capital of France. 2 + 2 = 5.\"}'".to_owned(),
        String::new(),
    ]);
    lines
}
