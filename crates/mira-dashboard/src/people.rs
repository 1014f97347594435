//! Who did something, by name where the viewer may know it.

use std::collections::HashMap;

use maud::{Markup, html};
use mira_console::{Caller, Console, ConsoleError};
use mira_core::{Actor, KeyId, UserId};

/// The names of actors.
pub(crate) struct People {
    users: HashMap<UserId, String>,
    keys: HashMap<KeyId, String>,
}

impl People {
    /// Finds the names of `actors`.
    pub(crate) async fn find(
        console: &Console,
        caller: &Caller,
        actors: impl IntoIterator<Item = Actor>,
    ) -> Result<Self, ConsoleError> {
        let (mut users, mut keys) = (HashMap::new(), HashMap::new());
        for actor in actors {
            match actor {
                Actor::User(id) => _ = users.insert(id, String::new()),
                Actor::Key(id) => _ = keys.insert(id, String::new()),
                Actor::System => {}
            }
        }
        let found = console.people_called(caller, users.into_keys().collect());
        let users = found.await?.into_iter().map(|user| (user.id, user.email));
        let found = console.keys_called(caller, keys.into_keys().collect());
        let keys = found.await?.into_iter().map(|key| (key.facts.id, key.name));
        Ok(Self {
            users: users.collect(),
            keys: keys.collect(),
        })
    }

    /// The actor's name, or the id of somebody who is gone or of another
    /// organization.
    pub(crate) fn name(&self, actor: Actor) -> Markup {
        html! {
            @match actor {
                Actor::User(id) => @match self.users.get(&id) {
                    Some(email) => span title=(maud::display(id)) { (email) },
                    None => (short(&id.to_string())),
                },
                Actor::Key(id) => @match self.keys.get(&id) {
                    Some(name) => span title=(maud::display(id)) { "Key " (name) },
                    None => (short(&id.to_string())),
                },
                Actor::System => span.muted { "System" },
            }
        }
    }
}

/// The end of an id, which differs where beginnings made in the same moment are
/// equal; the whole id is at hand.
pub(crate) fn short(id: &str) -> Markup {
    let (kind, rest) = id.split_once('_').unwrap_or(("", id));
    let tail = rest.get(rest.len().saturating_sub(8)..).unwrap_or(rest);
    html! { code.id title=(id) { (kind) "_…" (tail) } }
}
