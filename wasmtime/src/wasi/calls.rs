//! calls.rs - the functions that are ours: streams, clocks, and all that
//! makes or ends descriptors.

use super::State;
use super::clocks::Which;
use super::fds::{DIR_WRITE, FILE_READ, FILE_WRITE, Kind};
use super::functions::{Stop, done};
use crate::store::Link;
use wasmtime_wasi::p1::types::{
    Ciovec, Errno, Fdflags, Fdstat, Filestat, Filetype, Iovec, Lookupflags, Oflags, Rights,
};
use wasmtime_wasi::p1::wasi_snapshot_preview1::{self as p1, WasiSnapshotPreview1};
use wiggle::{GuestMemory, GuestPtr};

/// Buffers of one read or write that are looked at; the rest is left, as
/// with any short write.
const MAX_BUFFERS: u32 = 1024;

/// Bytes that are handled between two looks at cancelling.
const CHUNK: u32 = 1 << 20;

type Memory<'a> = GuestMemory<'a>;
type Answer = Result<i32, Stop>;

fn put_u32(memory: &mut Memory<'_>, out: i32, value: u32) -> Answer {
    memory.write(GuestPtr::<u32>::new(out as u32), value)?;
    Ok(0)
}

fn put_u64(memory: &mut Memory<'_>, out: i32, value: u64) -> Answer {
    memory.write(GuestPtr::<u64>::new(out as u32), value)?;
    Ok(0)
}

fn clock(id: i32) -> Result<Which, Errno> {
    match id {
        0 => Ok(Which::Wall),
        1 => Ok(Which::Monotonic),
        _ => Err(Errno::Inval),
    }
}

pub fn clock_res_get(state: &mut State, memory: &mut Memory<'_>, id: i32, out: i32) -> Answer {
    clock(id)?;
    put_u64(memory, out, state.clocks.resolution())
}

pub fn clock_time_get(state: &mut State, memory: &mut Memory<'_>, id: i32, out: i32) -> Answer {
    let now = state.clocks.read(clock(id)?);
    put_u64(memory, out, now)
}

pub fn random_get(state: &mut State, memory: &mut Memory<'_>, ptr: i32, len: i32) -> Answer {
    if u64::from(len as u32) > state.max_random {
        return Err(Errno::Inval.into());
    }
    // Look at the address before making the bytes.
    memory.as_slice_mut(GuestPtr::new((ptr as u32, len as u32)))?;
    Ok(p1::random_get(&mut state.ctx, memory, ptr, len)?)
}

pub fn fd_close(state: &mut State, memory: &mut Memory<'_>, fd: i32) -> Answer {
    let errno = done(p1::fd_close(&mut state.ctx, memory, fd))??;
    if errno == 0 {
        state.fds.remove(fd);
    }
    Ok(errno)
}

pub fn fd_renumber(state: &mut State, memory: &mut Memory<'_>, from: i32, to: i32) -> Answer {
    let errno = done(p1::fd_renumber(&mut state.ctx, memory, from, to))??;
    if errno == 0 {
        state.fds.renumber(from, to);
    }
    Ok(errno)
}

fn is_terminal(state: &State, fd: i32) -> bool {
    match state.fds.kind(fd) {
        Ok(Kind::Input) => state.streams.input_is_terminal(),
        Ok(Kind::Output(index)) => state.streams.output_is_terminal(index),
        _ => false,
    }
}

pub fn fd_fdstat_get(state: &mut State, memory: &mut Memory<'_>, fd: i32, out: i32) -> Answer {
    let mut stat = done(state.ctx.fd_fdstat_get(memory, fd.into()))??;
    if is_terminal(state, fd) {
        stat.fs_filetype = Filetype::CharacterDevice;
    }
    memory.write(GuestPtr::<Fdstat>::new(out as u32), stat)?;
    Ok(0)
}

pub fn fd_filestat_get(state: &mut State, memory: &mut Memory<'_>, fd: i32, out: i32) -> Answer {
    let mut stat = done(state.ctx.fd_filestat_get(memory, fd.into()))??;
    if is_terminal(state, fd) {
        stat.filetype = Filetype::CharacterDevice;
    }
    memory.write(GuestPtr::<Filestat>::new(out as u32), stat)?;
    Ok(0)
}

/// What a path_open asks of its directory.
fn may_open(state: &State, fd: i32, oflags: Oflags, base: Rights) -> Result<(), Errno> {
    if oflags.contains(Oflags::CREAT) {
        state.fds.need(fd, DIR_WRITE)?;
    }
    let writes = base.contains(Rights::FD_WRITE) || oflags.contains(Oflags::TRUNC);
    let rights = state.fds.get(fd).ok_or(Errno::Badf)?.rights;
    if writes && rights & FILE_WRITE == 0 {
        return Err(Errno::Perm);
    }
    // What is opened like this is a file, so that its other right is known
    // before anything is created or truncated.
    let changes = writes || oflags.contains(Oflags::CREAT);
    let is_file = changes && !oflags.contains(Oflags::DIRECTORY);
    if is_file && base.contains(Rights::FD_READ) && rights & FILE_READ == 0 {
        return Err(Errno::Perm);
    }
    if state.fds.is_full() { Err(Errno::Mfile) } else { Ok(()) }
}

#[allow(clippy::too_many_arguments, reason = "as many as path_open has")]
pub fn path_open(
    state: &mut State,
    memory: &mut Memory<'_>,
    dir: i32,
    flags: i32,
    path: (i32, i32),
    oflags: i32,
    rights: (i64, i64),
    fdflags: i32,
    out: i32,
) -> Answer {
    if state.fds.kind(dir)? == Kind::Dir {
        may_open(state, dir, Oflags::try_from(oflags)?, Rights::try_from(rights.0)?)?;
    }
    let base = Rights::try_from(rights.0)?;
    let opened = done(state.ctx.path_open(
        memory,
        dir.into(),
        Lookupflags::try_from(flags)?,
        GuestPtr::<str>::new((path.0 as u32, path.1 as u32)),
        Oflags::try_from(oflags)?,
        base,
        Rights::try_from(rights.1)?,
        Fdflags::try_from(fdflags)?,
    ))??;
    let fd = u32::from(opened);
    let allowed = state.fds.get(dir).map_or(0, |entry| entry.rights);
    // Only files have a position.
    let is_file = state.ctx.fd_tell(memory, opened).is_ok();
    state.fds.add(fd, if is_file { Kind::File } else { Kind::Dir }, allowed);
    if is_file && base.contains(Rights::FD_READ) && allowed & FILE_READ == 0 {
        fd_close(state, memory, fd as i32)?;
        return Err(Errno::Perm.into());
    }
    put_u32(memory, out, fd)
}

/// Whether Wasmtime will read or write guest memory in place. Then the size
/// of one buffer costs the host nothing.
fn allow_any_size(state: &mut State, memory: &Memory<'_>) {
    if matches!(memory, GuestMemory::Unshared(_)) {
        state.ctx.set_hostcall_fuel(usize::MAX);
    }
}

pub fn fd_read(state: &mut State, memory: &mut Memory<'_>, link: &Link, args: [i32; 4]) -> Answer {
    let [fd, ptr, len, out] = args;
    match state.fds.kind(fd)? {
        Kind::Input => {}
        Kind::Output(_) => return Err(Errno::Badf.into()),
        kind => {
            if kind == Kind::File {
                state.fds.need(fd, FILE_READ)?;
            }
            allow_any_size(state, memory);
            return Ok(done(p1::fd_read(&mut state.ctx, memory, fd, ptr, len, out))??);
        }
    }
    // A bad address must not cost the guest its input.
    memory.as_slice_mut(GuestPtr::new((out as u32, 4)))?;
    let buffers = GuestPtr::<[Iovec]>::new((ptr as u32, (len as u32).min(MAX_BUFFERS)));
    for buffer in buffers.iter() {
        let buffer = memory.read(buffer?)?;
        if buffer.buf_len != 0 {
            let n = read_input(state, memory, link, buffer.buf.offset(), buffer.buf_len)?;
            return put_u32(memory, out, n);
        }
    }
    put_u32(memory, out, 0)
}

fn read_input(
    state: &mut State,
    memory: &mut Memory<'_>,
    link: &Link,
    at: u32,
    len: u32,
) -> Result<u32, Stop> {
    if let Some(buf) = memory.as_slice_mut(GuestPtr::new((at, len)))? {
        return Ok(state.streams.read(link, buf)? as u32);
    }
    // A shared memory must not be borrowed.
    let mut buf = vec![0; len.min(CHUNK) as usize];
    let n = state.streams.read(link, &mut buf)?;
    memory.copy_from_slice(&buf[..n], GuestPtr::new((at, n as u32)))?;
    Ok(n as u32)
}

pub fn fd_write(state: &mut State, memory: &mut Memory<'_>, link: &Link, args: [i32; 4]) -> Answer {
    let [fd, ptr, len, out] = args;
    let index = match state.fds.kind(fd)? {
        Kind::Output(index) => index,
        Kind::Input => return Err(Errno::Badf.into()),
        kind => {
            if kind == Kind::File {
                state.fds.need(fd, FILE_WRITE)?;
            }
            allow_any_size(state, memory);
            return Ok(done(p1::fd_write(&mut state.ctx, memory, fd, ptr, len, out))??);
        }
    };
    memory.as_slice_mut(GuestPtr::new((out as u32, 4)))?;
    let mut total = 0;
    let buffers = GuestPtr::<[Ciovec]>::new((ptr as u32, (len as u32).min(MAX_BUFFERS)));
    for buffer in buffers.iter() {
        let buffer = memory.read(buffer?)?;
        let (at, size) = (buffer.buf.offset(), buffer.buf_len);
        if !write_output(state, memory, link, index, (at, size), &mut total)? {
            break;
        }
    }
    put_u32(memory, out, total)
}

/// Write one buffer; whether all of it was written. An error counts only if
/// nothing was written before it, as with write(2).
fn write_output(
    state: &mut State,
    memory: &Memory<'_>,
    link: &Link,
    index: usize,
    (at, size): (u32, u32),
    total: &mut u32,
) -> Result<bool, Stop> {
    // So that at + size does not overflow below.
    memory.as_slice(GuestPtr::new((at, size)))?;
    let mut written = 0;
    while written < size {
        let n = (size - written).min(CHUNK);
        if total.checked_add(n).is_none() {
            return Ok(false);
        }
        let bytes = memory.as_cow(GuestPtr::new((at + written, n)))?;
        match state.streams.write(index, link, &bytes) {
            Ok(n) => (written, *total) = (written + n as u32, *total + n as u32),
            Err(Stop::Errno(_)) if *total > 0 => return Ok(false),
            Err(stop) => return Err(stop),
        }
    }
    Ok(true)
}
