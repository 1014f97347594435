//! Taking in transcripts that lie in files: each is one meeting, taken in once,
//! whatever its name, and whole or not at all.

use mira_core::{OrganizationId, Timestamp};
use mira_db::DbError;
use mira_wire::{Instant, parse_instant};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::ingest::{IngestBody, NewMeeting};
use crate::invalid::Invalid;
use crate::meetings::{Meetings, NoId, wait_for_report};
use crate::store;
use crate::transcript::{self, TranscriptFormat};

/// A file with a transcript, or with a meeting as `POST /meetings` takes it.
#[derive(Debug, Clone)]
pub struct TranscriptFile {
    /// Its name, which ends in `.vtt`, `.srt` or `.json`. What stands before is the
    /// meeting's title; a date at its beginning is the day of the meeting.
    pub name: String,
    /// What stands in it.
    pub bytes: Vec<u8>,
    /// When it was written, where its name has no date.
    pub written_at: Timestamp,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// It is a meeting now.
    New,
    /// It was one before.
    Known,
}

/// Why a file is no meeting.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Its name says nothing about what stands in it.
    #[error("the name must end in .vtt, .srt or .json")]
    Name,
    /// It is larger than a request may be.
    #[error("it is larger than 10 MiB")]
    TooLarge,
    /// It is in another encoding.
    #[error("line {0} is not UTF-8")]
    Encoding(usize),
    /// What stands in it is wrong.
    #[error("{0}")]
    Invalid(String),
    /// It has no id.
    #[error(transparent)]
    NoId(#[from] NoId),
    /// The database did not take it.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<Invalid> for ImportError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid.to_string())
    }
}

impl Meetings {
    /// Takes a file in; its report is made later.
    pub async fn import(
        &self,
        organization: OrganizationId,
        file: TranscriptFile,
    ) -> Result<Imported, ImportError> {
        let digest: [u8; 32] = Sha256::digest(&file.bytes).into();
        let is_known = self
            .database
            .read::<_, DbError, _>(move |tx| {
                Box::pin(async move { store::imports::is_known(tx, organization, &digest).await })
            })
            .await?;
        if is_known {
            return Ok(Imported::Known);
        }
        let now = self.clock.now();
        let new = read(&file, (self.new_id)()?, now)?;
        let outbox = std::sync::Arc::clone(&self.outbox);
        self.database
            .write::<_, DbError, _>(move |tx| {
                Box::pin(async move {
                    let NewMeeting {
                        meeting,
                        transcript,
                        host,
                    } = new;
                    store::meetings::insert(tx, organization, &meeting, &transcript).await?;
                    store::imports::insert(tx, organization, &digest, meeting.id).await?;
                    let host = host.as_deref();
                    wait_for_report(tx, &*outbox, organization, &meeting, host, now).await
                })
            })
            .await?;
        Ok(Imported::New)
    }
}

fn read(file: &TranscriptFile, id: Uuid, now: Timestamp) -> Result<NewMeeting, ImportError> {
    if file.bytes.len() > MAX_FILE {
        return Err(ImportError::TooLarge);
    }
    let text = std::str::from_utf8(&file.bytes).map_err(|error| {
        let good = file.bytes.get(..error.valid_up_to()).unwrap_or_default();
        ImportError::Encoding(good.split(|byte| *byte == b'\n').count())
    })?;
    let (stem, ending) = file.name.rsplit_once('.').ok_or(ImportError::Name)?;
    let format = match ending.to_lowercase().as_str() {
        "vtt" => TranscriptFormat::Vtt,
        "srt" => TranscriptFormat::Srt,
        "json" if text.trim_start().starts_with('{') => {
            let body: IngestBody = serde_json::from_str(text).map_err(|error| {
                ImportError::Invalid(format!("line {}: not a meeting", error.line()))
            })?;
            return Ok(body.check(id, now)?);
        }
        "json" => TranscriptFormat::Json,
        _ => return Err(ImportError::Name),
    };
    let transcript = transcript::read(format, text).map_err(Invalid::from)?;
    let started_at = started_at(stem).unwrap_or(file.written_at);
    let body = IngestBody::of_file(stem, Instant(started_at));
    Ok(body.check_with(id, now, Some(transcript))?)
}

/// The day at the beginning of `2026-03-02 Nordwind`.
fn started_at(stem: &str) -> Option<Timestamp> {
    let date = stem.get(..10)?;
    let ends = stem
        .get(10..11)
        .is_none_or(|next| !next.starts_with(char::is_alphanumeric));
    ends.then(|| parse_instant(date).ok()).flatten()
}

const MAX_FILE: usize = 10 << 20;

#[cfg(test)]
mod tests {
    use super::started_at;

    #[test]
    fn day_is_read_from_the_beginning_of_a_name() {
        for (stem, millis) in [
            ("2026-03-02", Some(1_772_409_600_000)),
            ("2026-03-02 Nordwind", Some(1_772_409_600_000)),
            ("2026-03-02_a", Some(1_772_409_600_000)),
            ("2026-03-021", None),
            ("2026-13-02 x", None),
            ("Nordwind 2026-03-02", None),
            ("ééééé", None),
        ] {
            assert_eq!(
                started_at(stem).map(mira_core::Timestamp::as_millis),
                millis,
                "{stem}"
            );
        }
    }
}
