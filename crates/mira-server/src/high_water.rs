//! The high-water mark: how far this installation has come, in a file beside the
//! databases. A database that somebody put in their place may be older, and would
//! bring revoked keys back to life.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mira_db::Database;
use mira_node::Node;
use mira_store::changelog::Place;
use tempfile::NamedTempFile;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::ServeError;
use crate::archive::Mark;
use crate::history;

pub(crate) const FILE: &str = "high-water.json";

/// How often the mark is written, if there is something new.
const EVERY: Duration = Duration::from_secs(1);

/// The mark of a data folder; none was left by a version that kept none.
pub(crate) fn read(data: &Path) -> Result<Option<Mark>, ServeError> {
    let path = data.join(FILE);
    let unreadable = |cause| ServeError::HighWater {
        path: path.clone(),
        cause,
    };
    match fs::read(&path) {
        Ok(text) => {
            let mark = serde_json::from_slice(&text);
            mark.map(Some).map_err(|error| unreadable(error.into()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error)),
    }
}

/// Replaces the mark of a data folder.
pub(crate) fn write(data: &Path, mark: &Mark) -> io::Result<()> {
    // Readable for its owner alone, as everything in the folder.
    let mut file = NamedTempFile::new_in(data)?;
    serde_json::to_writer(&mut file, mark)?;
    file.write_all(b"\n")?;
    file.as_file().sync_data()?;
    file.persist(data.join(FILE))?;
    File::open(data)?.sync_all()
}

/// Refuses a store that has not come as far as its folder has seen.
pub(crate) async fn check(data: &Path, store: &Database) -> Result<(), ServeError> {
    let Some(mark) = read(data)? else {
        return Ok(());
    };
    if history::is_past(store, &mark).await? {
        return Ok(());
    }
    Err(ServeError::Older {
        path: data.to_owned(),
        position: history::mark(store).await?.position,
        mark: mark.position,
    })
}

/// Keeps the mark of a data folder that is served.
pub(crate) struct HighWater {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl HighWater {
    pub(crate) fn keep(data: PathBuf, node: &Arc<Node>) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let node = Arc::clone(node);
        let task = tokio::spawn(async move {
            let mut written = None;
            loop {
                // The last one is written after the end was told.
                let is_over = timeout(EVERY, &mut stopped).await.is_ok();
                follow(&data, node.applied(), &mut written).await;
                if is_over {
                    return;
                }
            }
        });
        Self { stop, task }
    }

    pub(crate) async fn stop(self) {
        // It has ended if it does not listen.
        self.stop.send(()).ok();
        self.task.await.ok();
    }
}

/// Writes the mark if `place` is another than was `written`. It is behind the store
/// for a moment and never ahead of it: what is applied is durable.
async fn follow(data: &Path, place: Place, written: &mut Option<Place>) {
    if *written == Some(place) {
        return;
    }
    let mark = Mark::new(place.seq.number(), place.chain);
    let data = data.to_owned();
    let result = tokio::task::spawn_blocking(move || write(&data, &mark)).await;
    match result {
        Ok(Ok(())) => *written = Some(place),
        Ok(Err(error)) => tracing::error!(%error, "the high-water mark could not be written"),
        Err(error) => tracing::error!(%error, "the high-water mark could not be written"),
    }
}
