//! wasi.rs - WASI preview 1: descriptions, and what a store makes of them.
//!
//! Files and directories are Wasmtime's work (wasmtime_wasi::p1). Streams,
//! clocks, waiting, rights and caps are ours, because Wasmtime's can neither
//! be fed by the host nor be interrupted. Wasmtime's functions are futures
//! that are done when polled once, as they may block the thread and never
//! meet one of its streams: no runtime, no helper thread, safe after a fork
//! and inside a runtime of the host.

mod calls;
mod clocks;
mod fds;
mod functions;
mod poll;
mod streams;

use crate::layout::view_mut;
use crate::store::Link;
use crate::{Fail, bytes, guard, or, text};
use clocks::Clocks;
use fds::Fds;
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;
use std::sync::Arc;
use streams::Streams;
use wasmtime::{Error, Linker, Result};
use wasmtime_c_api::{WasmtimeStoreData, wasmtime_linker_t};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// LODGE_WASI_READ and _WRITE.
const READ: u32 = 1;
const WRITE: u32 = 2;

/// What a standard stream is to be: LODGE_WASI_NULL .. _INHERIT.
#[derive(Clone)]
enum How {
    Null,
    Bytes(Arc<[u8]>),
    File(String),
    Ring(usize),
    Inherit,
}

#[derive(Clone)]
struct Dir {
    host: String,
    guest: String,
    dir_rights: u32,
    file_rights: u32,
}

/// LODGE_WASI_FULL .. LODGE_WASI_SLEEP.
#[derive(Clone)]
struct Settings {
    full: u64,
    empty: u64,
    max_files: u64,
    max_random: u64,
    seed: Option<u64>,
    clock: Option<u64>,
    step: u64,
    sleep: bool,
}

/// `struct lodge_wt_wasi`: a description. It serves any number of stores.
#[derive(Clone)]
pub struct Wasi {
    args: Vec<String>,
    env: Vec<(String, String)>,
    streams: [How; 3],
    dirs: Vec<Dir>,
    settings: Settings,
}

impl Wasi {
    fn new() -> Self {
        Wasi {
            args: Vec::new(),
            env: Vec::new(),
            streams: [How::Null, How::Null, How::Null],
            dirs: Vec::new(),
            settings: Settings {
                full: streams::FULL_DROP,
                empty: streams::EMPTY_END,
                max_files: 64,
                max_random: 64 << 20,
                seed: None,
                clock: None,
                step: 0,
                sleep: true,
            },
        }
    }

    /// Wasmtime's part: arguments, environment, directories, random bytes.
    /// The standard streams in it are closed; `Streams` stands before them.
    fn context(&self) -> Result<WasiP1Ctx> {
        let mut builder = WasiCtxBuilder::new();
        builder.allow_blocking_current_thread(true);
        builder.args(&self.args).envs(&self.env);
        builder.max_random_size(self.settings.max_random);
        if let Some(seed) = self.settings.seed {
            builder.secure_random(ChaCha20Rng::seed_from_u64(seed));
        }
        for dir in &self.dirs {
            let perms = match (dir.dir_rights | dir.file_rights) & WRITE {
                0 => FsPerms::ReadOnly,
                _ => FsPerms::ReadWrite,
            };
            if let Err(e) = builder.preopened_dir(&dir.host, &dir.guest, perms) {
                let e = e.downcast::<std::io::Error>()?;
                return Err(cannot("open directory", &dir.host, e));
            }
        }
        Ok(builder.build_p1())
    }
}

/// An error that names the file, and the reason without its number.
fn cannot(what: &str, path: &str, e: std::io::Error) -> Error {
    let text = e.to_string();
    let reason = text.split(" (os error").next().unwrap_or_default();
    let plain = std::io::Error::new(e.kind(), reason);
    Error::new(plain).context(format!("cannot {what} {path:?}"))
}

/// What one store has. The link owns it (`Link::wasi`).
struct State {
    ctx: WasiP1Ctx,
    fds: Fds,
    streams: Streams,
    clocks: Clocks,
    sleep: bool,
    max_random: u64,
}

impl State {
    fn new(wasi: &Wasi) -> Result<Self> {
        Ok(State {
            ctx: wasi.context()?,
            fds: Fds::new(&wasi.dirs, wasi.settings.max_files),
            streams: Streams::new(wasi)?,
            clocks: Clocks::new(&wasi.settings),
            sleep: wasi.settings.sleep,
            max_random: wasi.settings.max_random,
        })
    }

    /// The state of a store; the empty one if it has none yet.
    ///
    /// # Safety
    /// The caller has the store to himself while he uses the state.
    unsafe fn of<'a>(link: *mut Link) -> Result<&'a mut Self> {
        unsafe {
            if (*link).wasi.is_null() {
                install(&mut *link, &Wasi::new())?;
            }
            Ok(&mut *(*link).wasi.cast::<State>())
        }
    }
}

fn install(link: &mut Link, wasi: &Wasi) -> Result<()> {
    let state = Box::new(State::new(wasi)?);
    drop_state(link);
    link.wasi = Box::into_raw(state).cast();
    Ok(())
}

/// Delete what a store has, if anything.
pub fn drop_state(link: &mut Link) {
    let state = std::mem::replace(&mut link.wasi, std::ptr::null_mut());
    if !state.is_null() {
        // SAFETY: only `install` fills the field.
        drop(unsafe { Box::from_raw(state.cast::<State>()) });
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn lodge_wt_wasi_new() -> Option<Box<Wasi>> {
    or(None, || Some(Box::new(Wasi::new())))
}

#[unsafe(no_mangle)]
pub extern "C" fn lodge_wt_wasi_clone(wasi: &Wasi) -> Option<Box<Wasi>> {
    or(None, || Some(Box::new(wasi.clone())))
}

#[unsafe(no_mangle)]
pub extern "C" fn lodge_wt_wasi_delete(wasi: Option<Box<Wasi>>) {
    or((), || drop(wasi));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_wasi_arg(wasi: &mut Wasi, ptr: *const u8, len: usize) {
    or((), || wasi.args.push(unsafe { text(ptr, len) }.into()));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_wasi_env(
    wasi: &mut Wasi,
    name: *const u8,
    name_len: usize,
    value: *const u8,
    value_len: usize,
) {
    or((), || {
        let (name, value) = unsafe { (text(name, name_len), text(value, value_len)) };
        wasi.env.push((name.into(), value.into()));
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_wasi_stream(
    wasi: &mut Wasi,
    fd: u32,
    how: u32,
    ptr: *const u8,
    len: usize,
) {
    or((), || {
        let how = match how {
            1 => How::Bytes(unsafe { bytes(ptr, len) }.into()),
            2 => How::File(unsafe { text(ptr, len) }.into()),
            3 => How::Ring(len),
            4 => How::Inherit,
            _ => How::Null,
        };
        if let Some(stream) = wasi.streams.get_mut(fd as usize) {
            *stream = how;
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_wasi_dir(
    wasi: &mut Wasi,
    host: *const u8,
    host_len: usize,
    guest: *const u8,
    guest_len: usize,
    dir_rights: u32,
    file_rights: u32,
) {
    or((), || {
        let (host, guest) = unsafe { (text(host, host_len), text(guest, guest_len)) };
        let (host, guest) = (host.into(), guest.into());
        wasi.dirs.push(Dir { host, guest, dir_rights, file_rights });
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn lodge_wt_wasi_set(wasi: &mut Wasi, key: u32, value: u64) {
    let settings = &mut wasi.settings;
    or((), || match key {
        1 => settings.full = value,
        2 => settings.empty = value,
        3 => settings.max_files = value,
        4 => settings.max_random = value,
        5 => settings.seed = Some(value),
        6 => settings.clock = Some(value),
        7 => settings.step = value,
        8 => settings.sleep = value != 0,
        _ => {}
    });
}

/// All or nothing: a name that is taken leaves the linker as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_linker_wasi(linker: &mut wasmtime_linker_t) -> Fail {
    guard(|| {
        let linker: &mut Linker<WasmtimeStoreData> = unsafe { view_mut(linker) };
        let mut copy = linker.clone();
        functions::define(&mut copy)?;
        *linker = copy;
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_store_wasi(link: &mut Link, wasi: Option<&Wasi>) -> Fail {
    guard(|| match wasi {
        Some(wasi) => install(link, wasi),
        None => install(link, &Wasi::new()),
    })
}

/// A count of bytes that says that something panicked.
const BROKEN: usize = usize::MAX - 1;

fn streams_of(link: &mut Link) -> Option<&mut Streams> {
    // SAFETY: only `install` fills the field.
    let state = unsafe { link.wasi.cast::<State>().as_mut() }?;
    Some(&mut state.streams)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_store_output(
    link: &mut Link,
    fd: u32,
    buf: *mut u8,
    cap: usize,
) -> usize {
    let room = match cap {
        0 => &mut [],
        _ => unsafe { std::slice::from_raw_parts_mut(buf, cap) },
    };
    or(BROKEN, || streams_of(link).and_then(|s| s.drain(fd, room)).unwrap_or(usize::MAX))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_store_input(
    link: &mut Link,
    ptr: *const u8,
    len: usize,
) -> usize {
    let data = unsafe { bytes(ptr, len) };
    or(BROKEN, || streams_of(link).and_then(|s| s.feed(data)).unwrap_or(usize::MAX))
}
