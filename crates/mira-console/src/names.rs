//! Names for the ids that records and reports mention.

use mira_core::{KeyId, KeyRecord, User, UserId};
use mira_store::{keys, users};

use crate::{Caller, Console, ConsoleError};

impl Console {
    /// Those of the people called `ids` whom the caller may see; the others are
    /// left out.
    pub async fn people_called(
        &self,
        caller: &Caller,
        ids: Vec<UserId>,
    ) -> Result<Vec<User>, ConsoleError> {
        let principal = caller.principal;
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    let mut found = Vec::with_capacity(ids.len());
                    for id in ids {
                        let user = users::get(tx, id).await?;
                        found.extend(
                            user.filter(|user| {
                                principal.sees(user.organization_id, "Member").is_ok()
                            }),
                        );
                    }
                    Ok(found)
                })
            })
            .await
    }

    /// Those of the keys called `ids` that the caller may see; the others are
    /// left out.
    pub async fn keys_called(
        &self,
        caller: &Caller,
        ids: Vec<KeyId>,
    ) -> Result<Vec<KeyRecord>, ConsoleError> {
        let principal = caller.principal;
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    let mut found = Vec::with_capacity(ids.len());
                    for id in ids {
                        let key = keys::get(tx, id).await?.map(|key| key.record);
                        found.extend(key.filter(|key| {
                            principal.sees(key.facts.organization_id, "Key").is_ok()
                        }));
                    }
                    Ok(found)
                })
            })
            .await
    }
}
