//! fds.rs - what each descriptor of a guest is, and what it allows.
//!
//! Wasmtime keeps the table itself; this one mirrors its numbers, because
//! Wasmtime has one right for directories and files together and no cap.

use super::{Dir, READ, WRITE};
use std::collections::BTreeMap;
use wasmtime_wasi::p1::types::Errno;

/// Rights of a directory, and below it of its files.
pub const DIR_READ: u32 = READ;
pub const DIR_WRITE: u32 = WRITE;
pub const FILE_READ: u32 = READ << FILES;
pub const FILE_WRITE: u32 = WRITE << FILES;
const FILES: u32 = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Input,
    Output(usize), // index in Streams: 0 stdout, 1 stderr
    Dir,
    File,
}

#[derive(Clone, Copy)]
pub struct Entry {
    pub kind: Kind,
    pub rights: u32,
    opened: bool, // by the guest: counts against the cap
}

pub struct Fds {
    entries: BTreeMap<u32, Entry>,
    opened: u64,
    max: u64,
}

impl Fds {
    /// The three streams and the directories that the host gives.
    pub fn new(dirs: &[Dir], max: u64) -> Self {
        let kinds = [Kind::Input, Kind::Output(0), Kind::Output(1)];
        let streams = kinds.map(|kind| Entry { kind, rights: 0, opened: false });
        let dirs = dirs.iter().map(|dir| Entry {
            kind: Kind::Dir,
            rights: dir.dir_rights | dir.file_rights << FILES,
            opened: false,
        });
        let entries = (0..).zip(streams.into_iter().chain(dirs)).collect();
        Fds { entries, opened: 0, max }
    }

    pub fn get(&self, fd: i32) -> Option<Entry> {
        self.entries.get(&(fd as u32)).copied()
    }

    pub fn kind(&self, fd: i32) -> Result<Kind, Errno> {
        self.get(fd).map(|entry| entry.kind).ok_or(Errno::Badf)
    }

    /// A right that a function asks of a descriptor.
    pub fn need(&self, fd: i32, right: u32) -> Result<(), Errno> {
        let entry = self.get(fd).ok_or(Errno::Badf)?;
        match (entry.rights & right == right, entry.kind) {
            (true, _) => Ok(()),
            // What POSIX says of a descriptor not open for this.
            (false, Kind::File) => Err(Errno::Badf),
            (false, Kind::Dir) if right & (DIR_READ | DIR_WRITE) != 0 => Err(Errno::Perm),
            (false, _) => Err(Errno::Badf),
        }
    }

    /// Times may be set by whoever may change the thing itself.
    pub fn need_change(&self, fd: i32) -> Result<(), Errno> {
        let entry = self.get(fd).ok_or(Errno::Badf)?;
        let right = match entry.kind {
            Kind::Dir => DIR_WRITE,
            Kind::File => FILE_WRITE,
            Kind::Input | Kind::Output(_) => return Err(Errno::Badf),
        };
        if entry.rights & right == 0 { Err(Errno::Perm) } else { Ok(()) }
    }

    /// Moving and linking change both directories, and must not carry a file
    /// to where more is allowed.
    pub fn need_move(&self, from: i32, to: i32) -> Result<(), Errno> {
        self.need(from, DIR_WRITE)?;
        self.need(to, DIR_WRITE)?;
        match (self.get(from), self.get(to)) {
            (Some(from), Some(to)) if from.rights == to.rights => Ok(()),
            _ => Err(Errno::Perm),
        }
    }

    pub fn is_full(&self) -> bool {
        self.opened >= self.max
    }

    pub fn add(&mut self, fd: u32, kind: Kind, rights: u32) {
        self.remove(fd as i32);
        self.entries.insert(fd, Entry { kind, rights, opened: true });
        self.opened += 1;
    }

    pub fn remove(&mut self, fd: i32) -> Option<Entry> {
        let entry = self.entries.remove(&(fd as u32))?;
        self.opened -= u64::from(entry.opened);
        Some(entry)
    }

    pub fn renumber(&mut self, from: i32, to: i32) {
        if from == to {
            return;
        }
        self.remove(to);
        if let Some(entry) = self.entries.remove(&(from as u32)) {
            self.entries.insert(to as u32, entry);
        }
    }
}
