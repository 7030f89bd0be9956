//! functions.rs - the functions of wasi_snapshot_preview1.

use super::fds::{DIR_READ, DIR_WRITE, FILE_READ, FILE_WRITE};
use super::{State, calls, poll};
use crate::layout::link_of;
use crate::store::Link;
use std::future::Future;
use std::pin::pin;
use wasmtime::{Caller, Error, Extern, Linker, Result};
use wasmtime_c_api::WasmtimeStoreData as Data;
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p1::types::{self, Errno};
use wasmtime_wasi::p1::wasi_snapshot_preview1::{self as p1, WasiSnapshotPreview1};
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::runtime::poll_noop;
use wiggle::{GuestError, GuestMemory};

const MODULE: &str = "wasi_snapshot_preview1";

/// Bytes that Wasmtime may copy out of the guest in one call.
const COPIES: usize = 128 << 20;

/// Why a function ends early.
pub enum Stop {
    Errno(Errno), // the guest gets this
    Fail(Error),  // the call ends
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Stop::Errno(errno)
    }
}

impl From<std::io::Error> for Stop {
    fn from(e: std::io::Error) -> Self {
        Stop::Errno(ErrorCode::from(e).into())
    }
}

impl From<GuestError> for Stop {
    fn from(e: GuestError) -> Self {
        Stop::Errno(match e {
            GuestError::InFunc { err, .. } => return Stop::from(*err),
            GuestError::InvalidFlagValue(_) | GuestError::InvalidEnumValue(_) => Errno::Inval,
            GuestError::InvalidUtf8(_) => Errno::Ilseq,
            GuestError::TryFromIntError(_) => Errno::Overflow,
            _ => Errno::Fault,
        })
    }
}

/// Where Wasmtime would end the guest, above all for a bad address, the guest
/// gets an errno.
impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        match e.downcast::<GuestError>() {
            Ok(e) => Stop::from(e),
            Err(_) => Stop::Errno(Errno::Io),
        }
    }
}

impl From<types::Error> for Stop {
    fn from(e: types::Error) -> Self {
        match e.downcast() {
            Ok(errno) => Stop::Errno(errno),
            Err(e) => Stop::from(e),
        }
    }
}

/// The result of a function of Wasmtime's that may block the thread, and so
/// never waits otherwise.
pub fn done<T>(future: impl Future<Output = T>) -> Result<T, Stop> {
    match poll_noop(pin!(future)) {
        Some(result) => Ok(result),
        None => Err(Stop::Fail(Error::msg("a WASI function of Wasmtime's did not finish"))),
    }
}

/// Run `f` with the state and memory of the calling guest; the errno of it.
fn enter(
    caller: &mut Caller<'_, Data>,
    f: impl FnOnce(&mut State, &mut GuestMemory<'_>, &Link) -> Result<i32, Stop>,
) -> Result<i32> {
    let export = caller.get_export("memory");
    let (mut memory, data) = match &export {
        Some(Extern::Memory(memory)) => {
            let (bytes, data) = memory.data_and_store_mut(&mut *caller);
            (GuestMemory::Unshared(bytes), data)
        }
        Some(Extern::SharedMemory(memory)) => {
            (GuestMemory::Shared(memory.data()), caller.data_mut())
        }
        _ => return Err(Error::new(crate::host::Failure::of_ours(
            "WASI needs a memory that is exported as \"memory\"",
        ))),
    };
    let link = link_of(data);
    // SAFETY: whoever runs the guest has the store and its link to himself;
    // others touch the atomics alone. The state lies outside the link.
    let state = unsafe { State::of(link) }?;
    state.ctx.set_hostcall_fuel(COPIES);
    match f(state, &mut memory, unsafe { &*link }) {
        Ok(errno) => Ok(errno),
        Err(Stop::Errno(errno)) => Ok(errno as i32),
        Err(Stop::Fail(e)) => Err(e),
    }
}

/// Define functions that are Wasmtime's own behind a check of ours.
macro_rules! pass {
    ($linker:ident, $fds:ident;
     $($name:ident($($arg:ident: $ty:ty),*) $(if $check:expr)?;)*) => {$(
        $linker.func_wrap(
            MODULE,
            stringify!($name),
            |mut caller: Caller<'_, Data>, $($arg: $ty),*| {
                enter(&mut caller, |state, memory, _| {
                    $(let $fds = &state.fds; $check?;)?
                    Ok(p1::$name(&mut state.ctx, memory, $($arg),*)?)
                })
            },
        )?;
    )*};
    (later $linker:ident, $fds:ident;
     $($name:ident($($arg:ident: $ty:ty),*) $(if $check:expr)?;)*) => {$(
        $linker.func_wrap(
            MODULE,
            stringify!($name),
            |mut caller: Caller<'_, Data>, $($arg: $ty),*| {
                enter(&mut caller, |state, memory, _| {
                    $(let $fds = &state.fds; $check?;)?
                    Ok(done(p1::$name(&mut state.ctx, memory, $($arg),*))??)
                })
            },
        )?;
    )*};
}

/// Define functions of ours.
macro_rules! own {
    ($linker:ident, ($state:ident, $memory:ident, $link:ident);
     $($name:literal($($arg:ident: $ty:ty),*) = $body:expr;)*) => {$(
        $linker.func_wrap(MODULE, $name, |mut caller: Caller<'_, Data>, $($arg: $ty),*| {
            enter(&mut caller, |$state, $memory, $link| $body)
        })?;
    )*};
}

pub fn define(linker: &mut Linker<Data>) -> Result<()> {
    define_passed(linker)?;
    define_own(linker)?;
    linker.func_wrap(MODULE, "proc_exit", |code: i32| -> Result<()> {
        Err(Error::new(I32Exit(code)))
    })?;
    linker.func_wrap(MODULE, "sched_yield", |caller: Caller<'_, Data>| {
        // SAFETY: as in `enter`.
        let link = unsafe { &*link_of(caller.data()) };
        match poll::sched_yield(link) {
            Err(Stop::Fail(e)) => Err(e),
            _ => Ok(0),
        }
    })?;
    Ok(())
}

#[rustfmt::skip]
fn define_passed(linker: &mut Linker<Data>) -> Result<()> {
    pass! { linker, fds;
        args_get(a: i32, b: i32);
        args_sizes_get(a: i32, b: i32);
        environ_get(a: i32, b: i32);
        environ_sizes_get(a: i32, b: i32);
        fd_allocate(fd: i32, at: i64, len: i64);
        fd_fdstat_set_flags(fd: i32, flags: i32);
        fd_fdstat_set_rights(fd: i32, base: i64, inheriting: i64);
        fd_prestat_get(fd: i32, out: i32);
        fd_prestat_dir_name(fd: i32, ptr: i32, len: i32);
        fd_tell(fd: i32, out: i32);
        proc_raise(signal: i32);
        sock_accept(fd: i32, flags: i32, out: i32);
        sock_recv(fd: i32, a: i32, b: i32, c: i32, d: i32, e: i32);
        sock_send(fd: i32, a: i32, b: i32, c: i32, d: i32);
        sock_shutdown(fd: i32, how: i32);
    }
    pass! { later linker, fds;
        fd_advise(fd: i32, at: i64, len: i64, advice: i32);
        fd_datasync(fd: i32);
        fd_filestat_set_size(fd: i32, size: i64) if fds.need(fd, FILE_WRITE);
        fd_filestat_set_times(fd: i32, a: i64, m: i64, flags: i32) if fds.need_change(fd);
        fd_pread(fd: i32, ptr: i32, len: i32, at: i64, out: i32) if fds.need(fd, FILE_READ);
        fd_pwrite(fd: i32, ptr: i32, len: i32, at: i64, out: i32) if fds.need(fd, FILE_WRITE);
        fd_readdir(fd: i32, ptr: i32, len: i32, cookie: i64, out: i32) if fds.need(fd, DIR_READ);
        fd_seek(fd: i32, offset: i64, whence: i32, out: i32);
        fd_sync(fd: i32);
        path_create_directory(fd: i32, ptr: i32, len: i32) if fds.need(fd, DIR_WRITE);
        path_filestat_get(fd: i32, flags: i32, ptr: i32, len: i32, out: i32);
        path_filestat_set_times(
            fd: i32, flags: i32, ptr: i32, len: i32, a: i64, m: i64, times: i32
        ) if fds.need(fd, DIR_WRITE);
        path_link(
            from: i32, flags: i32, a: i32, b: i32, to: i32, c: i32, d: i32
        ) if fds.need_move(from, to);
        path_readlink(
            fd: i32, ptr: i32, len: i32, buf: i32, cap: i32, out: i32
        ) if fds.need(fd, DIR_READ);
        path_remove_directory(fd: i32, ptr: i32, len: i32) if fds.need(fd, DIR_WRITE);
        path_rename(
            from: i32, a: i32, b: i32, to: i32, c: i32, d: i32
        ) if fds.need_move(from, to);
        path_symlink(a: i32, b: i32, fd: i32, c: i32, d: i32) if fds.need(fd, DIR_WRITE);
        path_unlink_file(fd: i32, ptr: i32, len: i32) if fds.need(fd, DIR_WRITE);
    }
    Ok(())
}

#[rustfmt::skip]
fn define_own(linker: &mut Linker<Data>) -> Result<()> {
    own! { linker, (state, memory, _link);
        "clock_res_get"(id: i32, out: i32) = calls::clock_res_get(state, memory, id, out);
        "clock_time_get"(id: i32, _precision: i64, out: i32) =
            calls::clock_time_get(state, memory, id, out);
        "fd_close"(fd: i32) = calls::fd_close(state, memory, fd);
        "fd_fdstat_get"(fd: i32, out: i32) = calls::fd_fdstat_get(state, memory, fd, out);
        "fd_filestat_get"(fd: i32, out: i32) = calls::fd_filestat_get(state, memory, fd, out);
        "fd_renumber"(from: i32, to: i32) = calls::fd_renumber(state, memory, from, to);
        "path_open"(
            fd: i32, flags: i32, ptr: i32, len: i32, oflags: i32,
            base: i64, inheriting: i64, fdflags: i32, out: i32
        ) = calls::path_open(
            state, memory, fd, flags, (ptr, len), oflags, (base, inheriting), fdflags, out);
        "random_get"(ptr: i32, len: i32) = calls::random_get(state, memory, ptr, len);
    }
    own! { linker, (state, memory, link);
        "fd_read"(fd: i32, ptr: i32, len: i32, out: i32) =
            calls::fd_read(state, memory, link, [fd, ptr, len, out]);
        "fd_write"(fd: i32, ptr: i32, len: i32, out: i32) =
            calls::fd_write(state, memory, link, [fd, ptr, len, out]);
        "poll_oneoff"(subscriptions: i32, events: i32, count: i32, out: i32) =
            poll::poll_oneoff(state, memory, link, [subscriptions, events, count, out]);
    }
    Ok(())
}
