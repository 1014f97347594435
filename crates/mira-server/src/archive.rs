//! The file that a backup is: a tar archive of a description and the databases.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use mira_store::Chain;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tar::{Archive, Builder, Header};

use crate::hex;

/// The databases, in the order in which they are copied: meetings belong to
/// organizations, so whatever the first refers to is in the second.
pub(crate) const FILES: [&str; 2] = ["meetings.db", "mira.db"];

/// Its name in the archive, where it comes first.
const DESCRIPTION: &str = "mira-backup.json";
/// The version of this layout.
const FORMAT: u32 = 1;
/// A description has a few hundred bytes.
const DESCRIPTION_LIMIT: u64 = 64 * 1024;

/// What is in an archive.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Description {
    format: u32,
    /// The version of the program that made it.
    pub(crate) made_by: String,
    /// How far the changelog had come.
    pub(crate) mark: Mark,
    files: BTreeMap<String, Member>,
}

/// How far an installation has come: a place in its changelog, by its number and the
/// link of the chain there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// How many changes there are.
    pub(crate) position: u64,
    /// 64 hexadecimal digits.
    chain: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Member {
    bytes: u64,
    sha256: String,
}

impl Mark {
    pub(crate) fn new(position: u64, chain: Chain) -> Self {
        let chain = chain.to_string();
        Self { position, chain }
    }

    pub(crate) fn chain(&self) -> Option<Chain> {
        hex::parse(&self.chain).map(Chain::from_bytes)
    }
}

/// Writes the databases in `folder` and their description.
pub(crate) fn pack(folder: &Path, mark: Mark, out: &mut impl Write) -> io::Result<()> {
    let mut files = BTreeMap::new();
    for name in FILES {
        let mut file = File::open(folder.join(name))?;
        let mut hash = Hashing::new(io::sink());
        let bytes = io::copy(&mut file, &mut hash)?;
        let sha256 = hash.digits();
        files.insert(name.to_owned(), Member { bytes, sha256 });
    }
    let description = Description {
        format: FORMAT,
        made_by: env!("CARGO_PKG_VERSION").to_owned(),
        mark,
        files,
    };
    let text = serde_json::to_vec_pretty(&description)?;
    let mut archive = Builder::new(out);
    archive.append_data(&mut header(text.len() as u64), DESCRIPTION, &*text)?;
    for (name, member) in &description.files {
        let file = File::open(folder.join(name))?;
        archive.append_data(&mut header(member.bytes), name, file)?;
    }
    archive.into_inner()?.flush()
}

/// Writes the databases of an archive into `folder`, which is empty, and proves
/// that they are what was packed.
pub(crate) fn unpack(archive: impl Read, folder: &Path) -> io::Result<Description> {
    let mut archive = Archive::new(archive);
    let mut entries = archive.entries()?;
    let first = entries.next().ok_or_else(no_archive)?;
    let first = first.map_err(|_| no_archive())?;
    if &*first.path_bytes() != DESCRIPTION.as_bytes() {
        return Err(no_archive());
    }
    let description: Description =
        serde_json::from_reader(first.take(DESCRIPTION_LIMIT)).map_err(|_| no_archive())?;
    if description.format != FORMAT {
        return Err(invalid("it was made by a newer version: use that version"));
    }
    let mut missing: Vec<&str> = FILES.to_vec();
    for entry in entries {
        let mut entry = entry?;
        let position = missing
            .iter()
            .position(|name| name.as_bytes() == &*entry.path_bytes());
        let Some(position) = position else { continue };
        let name = missing.swap_remove(position);
        let member = description.files.get(name).ok_or_else(no_archive)?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(folder.join(name))?;
        let mut hash = Hashing::new(file);
        let bytes = io::copy(&mut entry, &mut hash)?;
        hash.inner.sync_all()?;
        if bytes != member.bytes || hash.digits() != member.sha256 {
            return Err(invalid("it is damaged: use another backup"));
        }
    }
    if missing.is_empty() {
        Ok(description)
    } else {
        Err(invalid("it is incomplete: use another backup"))
    }
}

fn header(bytes: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o600);
    header
}

fn no_archive() -> io::Error {
    invalid("it is no backup of this program")
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Hashes what is written through it.
struct Hashing<W> {
    inner: W,
    hash: Sha256,
}

impl<W> Hashing<W> {
    fn new(inner: W) -> Self {
        let hash = Sha256::new();
        Self { inner, hash }
    }

    fn digits(self) -> String {
        hex::digits(&self.hash.finalize())
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
