//! streams.rs - standard input, output and error.

use super::functions::Stop;
use super::poll::Nap;
use super::{How, Wasi, cannot};
use crate::store::Link;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use wasmtime::Result;
use wasmtime_wasi::p1::types::Errno;

/// Values of LODGE_WASI_FULL and LODGE_WASI_EMPTY.
pub const FULL_DROP: u64 = 0;
const FULL_EAGAIN: u64 = 1;
pub const EMPTY_END: u64 = 0;

/// A pipe that is ready takes so many bytes without blocking.
const PIPE_BUF: usize = 4096;

/// A stream of the process itself; never closed by us.
type Inherited = ManuallyDrop<File>;

enum Source {
    Bytes { data: Arc<[u8]>, at: usize },
    File(File),
    Ring { ring: Ring, ended: bool },
    Inherited(Inherited),
}

enum Sink {
    Null,
    File(File),
    Ring(Ring),
    Inherited(Inherited),
}

/// Whether a stream has something to read, or room to write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    Yes {
        bytes: u64,
        hangup: bool,
    },
    /// Not while the guest runs: only the host can change it.
    No,
    /// As poll(2) says of the process's stream.
    Ask(i32),
}

struct Ring {
    data: VecDeque<u8>,
    cap: usize,
}

impl Ring {
    fn new(cap: usize) -> Self {
        Ring { data: VecDeque::new(), cap }
    }

    fn room(&self) -> usize {
        self.cap - self.data.len()
    }

    /// As much as there is room for, also in the process's memory.
    fn put(&mut self, bytes: &[u8]) -> usize {
        let n = bytes.len().min(self.room());
        if self.data.try_reserve(n).is_err() {
            return 0;
        }
        self.data.extend(&bytes[..n]);
        n
    }

    fn take(&mut self, buf: &mut [u8]) -> usize {
        // A VecDeque cannot fail to be read.
        self.data.read(buf).unwrap_or(0)
    }

    fn take_all(&mut self, buf: &mut [u8]) -> usize {
        let first = self.take(buf);
        first + self.take(&mut buf[first..])
    }
}

pub struct Streams {
    source: Source,
    sinks: [Sink; 2],
    full: u64,
    empty: u64,
}

fn inherited(fd: i32) -> Inherited {
    // SAFETY: never closed, so it is no matter whose it is; a descriptor
    // that is not open gives EBADF.
    ManuallyDrop::new(unsafe { File::from_raw_fd(fd) })
}

fn source(how: &How) -> Result<Source> {
    Ok(match how {
        How::Null => Source::Bytes { data: Arc::new([]), at: 0 },
        How::Bytes(data) => Source::Bytes { data: data.clone(), at: 0 },
        How::File(path) => {
            Source::File(File::open(path).map_err(|e| cannot("open file", path, e))?)
        }
        How::Ring(cap) => Source::Ring { ring: Ring::new(*cap), ended: false },
        How::Inherit => Source::Inherited(inherited(0)),
    })
}

fn sink(how: &How, fd: i32) -> Result<Sink> {
    Ok(match how {
        How::Null | How::Bytes(_) => Sink::Null,
        How::File(path) => {
            // Appending lets stdout and stderr share one file.
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).custom_flags(libc::O_APPEND);
            Sink::File(options.open(path).map_err(|e| cannot("create file", path, e))?)
        }
        How::Ring(cap) => Sink::Ring(Ring::new(*cap)),
        How::Inherit => Sink::Inherited(inherited(fd)),
    })
}

impl Streams {
    pub fn new(wasi: &Wasi) -> Result<Self> {
        let [input, output, error] = &wasi.streams;
        let (full, empty) = (wasi.settings.full, wasi.settings.empty);
        let sinks = [sink(output, 1)?, sink(error, 2)?];
        Ok(Streams { source: source(input)?, sinks, full, empty })
    }

    pub fn input_is_terminal(&self) -> bool {
        matches!(&self.source, Source::Inherited(f) if f.is_terminal())
    }

    pub fn output_is_terminal(&self, index: usize) -> bool {
        matches!(&self.sinks[index], Sink::Inherited(f) if f.is_terminal())
    }

    /// Read what there is, at most the buffer; 0 at the end.
    pub fn read(&mut self, link: &Link, buf: &mut [u8]) -> Result<usize, Stop> {
        match &mut self.source {
            Source::Bytes { data, at } => {
                let n = buf.len().min(data.len() - *at);
                buf[..n].copy_from_slice(&data[*at..*at + n]);
                *at += n;
                Ok(n)
            }
            Source::Ring { ring, ended } => match ring.take_all(buf) {
                0 if !*ended && self.empty != EMPTY_END && !buf.is_empty() => {
                    Err(Errno::Again.into())
                }
                n => Ok(n),
            },
            Source::File(file) => read_file(file, link, buf),
            Source::Inherited(file) => read_file(file, link, buf),
        }
    }

    /// Write some of the bytes, at least one.
    pub fn write(&mut self, index: usize, link: &Link, bytes: &[u8]) -> Result<usize, Stop> {
        match &mut self.sinks[index] {
            Sink::Null => Ok(bytes.len()),
            Sink::Ring(ring) => match (ring.put(bytes), self.full) {
                (_, FULL_DROP) => Ok(bytes.len()),
                (0, full) if !bytes.is_empty() => {
                    Err(if full == FULL_EAGAIN { Errno::Again } else { Errno::Pipe }.into())
                }
                (n, _) => Ok(n),
            },
            Sink::File(file) => {
                // A pipe or a terminal takes what it has room for, no more.
                let plain = file.metadata().is_ok_and(|m| m.is_file());
                let n = if plain { bytes.len() } else { bytes.len().min(PIPE_BUF) };
                write_file(file, link, &bytes[..n])
            }
            Sink::Inherited(file) => {
                let n = bytes.len().min(PIPE_BUF);
                write_file(file, link, &bytes[..n])
            }
        }
    }

    pub fn readable(&self) -> Ready {
        let rest = match &self.source {
            Source::Bytes { data, at } => data.len() - at,
            Source::Ring { ring, ended } => match ring.data.len() {
                0 if !*ended && self.empty != EMPTY_END => return Ready::No,
                n => n,
            },
            Source::File(_) => return Ready::Yes { bytes: 1, hangup: false },
            Source::Inherited(_) => return Ready::Ask(0),
        };
        Ready::Yes { bytes: rest as u64, hangup: rest == 0 }
    }

    pub fn writable(&self, index: usize) -> Ready {
        match &self.sinks[index] {
            Sink::Ring(ring) if self.full != FULL_DROP => match ring.room() {
                0 if self.full == FULL_EAGAIN => Ready::No,
                room => Ready::Yes { bytes: room as u64, hangup: room == 0 },
            },
            Sink::Inherited(_) => Ready::Ask(index as i32 + 1),
            _ => Ready::Yes { bytes: 65536, hangup: false },
        }
    }

    /// For lodge_store_output; None: no such ring.
    pub fn drain(&mut self, fd: u32, buf: &mut [u8]) -> Option<usize> {
        match self.sinks.get_mut((fd as usize).wrapping_sub(1))? {
            Sink::Ring(ring) => Some(ring.take_all(buf)),
            _ => None,
        }
    }

    /// For lodge_store_input; 0 bytes end the stream.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        match &mut self.source {
            Source::Ring { ended: true, .. } => Some(0),
            Source::Ring { ring, ended } => {
                *ended = bytes.is_empty();
                Some(ring.put(bytes))
            }
            _ => None,
        }
    }
}

/// read(2). There may be nothing for long, so that cancelling and deadlines
/// are looked at while waiting.
fn read_file(mut file: &File, link: &Link, buf: &mut [u8]) -> Result<usize, Stop> {
    let mut nap = Nap::new(link);
    loop {
        nap.until_ready(file.as_raw_fd(), libc::POLLIN)?;
        match file.read(buf) {
            Err(e) if is_temporary(&e) => {}
            done => return Ok(done?),
        }
    }
}

/// Run `write` so that a pipe which nobody reads is an error: the signal that
/// would end the process is held back on this thread, and taken if it came.
fn without_sigpipe<T>(write: impl FnOnce() -> T) -> T {
    // SAFETY: sets of our own, and this thread's mask is as before at the end.
    unsafe {
        let mut pipe: libc::sigset_t = std::mem::zeroed();
        let (mut old, mut before) = (pipe, pipe);
        libc::sigemptyset(&mut pipe);
        libc::sigaddset(&mut pipe, libc::SIGPIPE);
        libc::sigpending(&mut before);
        libc::pthread_sigmask(libc::SIG_BLOCK, &pipe, &mut old);
        let result = write();
        if libc::sigismember(&before, libc::SIGPIPE) == 0 {
            let at_once: libc::timespec = std::mem::zeroed();
            libc::sigtimedwait(&pipe, std::ptr::null_mut(), &at_once);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut());
        result
    }
}

/// write(2), until something was written.
fn write_file(mut file: &File, link: &Link, bytes: &[u8]) -> Result<usize, Stop> {
    let mut nap = Nap::new(link);
    loop {
        nap.until_ready(file.as_raw_fd(), libc::POLLOUT)?;
        match without_sigpipe(|| file.write(bytes)) {
            Err(e) if is_temporary(&e) => {}
            done => return Ok(done?),
        }
    }
}

fn is_temporary(e: &std::io::Error) -> bool {
    matches!(e.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock)
}
