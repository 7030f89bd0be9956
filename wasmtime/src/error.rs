//! error.rs - what an error of Wasmtime's means, for C.

use crate::host::{Failure, NotFound, Place};
use crate::layout::view;
use crate::module::Str;
use crate::print::TooMuch;
use crate::store::{Interrupted, limit};
use crate::{Panicked, give, or};
use std::error::Error as StdError;
use std::ffi::c_void;
use wasmtime::{
    Error, FrameInfo, FrameSymbol, GcHeapOutOfMemory, OutOfMemory, PoolConcurrencyLimitError, ThrownException, Trap, UnknownImportError,
    WasmBacktrace,
};
use wasmtime_c_api::wasmtime_error_t;
use wasmtime_wasi::I32Exit;

mod status {
    pub const NOT_FOUND: i32 = -12;
    pub const IO: i32 = -14;
    pub const MEMORY: i32 = -15;
    pub const LIMIT: i32 = -16;
    pub const TRAP: i32 = -32;
    pub const EXCEPTION: i32 = -33;
    pub const EXIT: i32 = -34;
    pub const FUEL: i32 = -36;
    pub const DEADLINE: i32 = -37;
    pub const CANCELLED: i32 = -38;
    pub const STACK: i32 = -39;
    pub const INTERNAL: i32 = -64;
}

/// The same struct as in lodge_wt.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Info {
    pub status: i32,
    pub trap: i32,
    pub exit_code: i32,
    pub panicked: i32,
    pub payload: u64,
    pub detail: u64,
    pub growth: i32,
    pub reserved: i32,
}

fn trap_status(trap: Trap) -> i32 {
    match trap {
        Trap::OutOfFuel => status::FUEL,
        Trap::StackOverflow => status::STACK,
        Trap::Interrupt => status::DEADLINE,
        _ => status::TRAP,
    }
}

/// Limits that Wasmtime reports in words only.
fn is_limit(message: &str) -> bool {
    message.starts_with("resource limit exceeded")
        || message.contains("exceeds memory limits")
        || message.contains("exceeds table limits")
        || message.contains("limit of instances")
        || pool_key(message).is_some()
        || message.starts_with("byte count overflow") // more than there are addresses
        || message.starts_with("overflow calculating ")
}

/// The key that raises a limit of the pool, by Wasmtime's words for it.
fn pool_key(message: &str) -> Option<&'static str> {
    const KEYS: [(&str, &str); 11] = [
        ("for core instances reached", "pool-instances"),
        ("for memory stripe ", "pool-memories"),
        ("for tables reached", "pool-tables"),
        ("for GC heaps reached", "pool-gc-heaps"),
        ("for fibers reached", "pool-stacks"),
        ("memories count of ", "pool-memories-per-module"),
        ("exceeds the total tables limit of ", "pool-tables"),
        ("tables count of ", "pool-tables-per-module"),
        ("has a minimum byte size of ", "pool-max-memory-size or memory-reservation"),
        ("has a minimum element size of ", "pool-table-elements"),
        ("instance allocation for this module requires ", "pool-instance-size"),
    ];
    let is_pool = message.starts_with("maximum concurrent limit of ")
        || message.contains(" which exceeds the ")
        || message.contains(" exceeds the per-instance limit of ")
        || message.contains(" exceeds the total tables limit of ");
    KEYS.iter().find(|(words, _)| is_pool && message.contains(words)).map(|(_, key)| *key)
}

/// Words of Wasmtime's right after it has asked the limiter.
fn is_growth(message: &str) -> bool {
    message.contains("exceeds memory limits")
        || message.contains("exceeds table limits")
        || message.starts_with("failed to grow ")
}

/// "(at offset 0x1f)" or "WebAssembly code at offset 31" in messages about
/// malformed and invalid modules.
fn offset_in(message: &str) -> u64 {
    if let Some((_, tail)) = message.split_once("WebAssembly code at offset ") {
        let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        return tail[..end].parse().unwrap_or(0);
    }
    let tail = message.rsplit_once("at offset 0x").map(|(_, tail)| tail);
    let digits = tail.map(|t| t.trim_end_matches(|c: char| !c.is_ascii_hexdigit()));
    digits.and_then(|d| u64::from_str_radix(d, 16).ok()).unwrap_or(0)
}

fn info(error: &Error) -> Info {
    let mut out =
        Info { status: 0, trap: -1, exit_code: 0, panicked: 0, payload: 0, detail: 0, growth: 0, reserved: 0 };
    if error.downcast_ref::<Panicked>().is_some() {
        (out.status, out.panicked) = (status::INTERNAL, 1);
    } else if let Some(failure) = error.downcast_ref::<Failure>() {
        out.status = failure.status;
        (out.payload, out.exit_code) = (failure.payload, failure.exit_code);
        out.detail = failure.detail;
        out.trap = failure.trap;
    } else if let Some(exit) = error.downcast_ref::<I32Exit>() {
        (out.status, out.exit_code) = (status::EXIT, exit.0);
    } else if error.is::<NotFound>() {
        out.status = status::NOT_FOUND;
    } else if error.is::<UnknownImportError>() && error.is::<WasmBacktrace>() {
        out.status = status::TRAP; // the stand-in for an unknown import ran
    } else if let Some(why) = error.downcast_ref::<Interrupted>() {
        out.status = match why {
            Interrupted::Deadline => status::DEADLINE,
            Interrupted::Cancelled => status::CANCELLED,
            Interrupted::Budget => status::LIMIT,
        };
        if *why == Interrupted::Budget {
            out.detail = limit::BUDGET_TIME.into();
        }
    } else if let Some(trap) = error.downcast_ref::<Trap>() {
        (out.status, out.trap) = (trap_status(*trap), *trap as i32);
    } else if error.downcast_ref::<ThrownException>().is_some() {
        out.status = status::EXCEPTION;
    } else if error.is::<PoolConcurrencyLimitError>() {
        out.status = status::LIMIT;
    } else if error.is::<TooMuch>() {
        out.status = status::LIMIT;
    } else if error.is::<GcHeapOutOfMemory<()>>() {
        (out.status, out.growth) = (status::LIMIT, 1);
    } else if error.is::<OutOfMemory>() {
        out.status = status::MEMORY;
    } else if error.root_cause().to_string().ends_with("(os error 12)") {
        out.status = status::LIMIT; // ENOMEM: no more mappings
        out.detail = limit::PROCESS.into();
    } else if error.is::<std::io::Error>() {
        out.status = status::IO;
    } else {
        let message = error.root_cause().to_string();
        out.status = if is_limit(&message) { status::LIMIT } else { 0 };
        out.growth = is_growth(&message).into();
        out.detail = if message.starts_with("resource limit exceeded") {
            limit::STORE_COUNT.into()
        } else {
            offset_in(&message)
        };
    }
    out
}

/// Everything but the backtrace, outermost first.
fn message(error: &Error) -> String {
    let place = error.downcast_ref::<Place>().map(Place::to_string);
    let parts: Vec<String> = error
        .chain()
        .map(|e| e.to_string())
        .filter(|s| place.as_ref() != Some(s))
        .filter(|s| !s.starts_with("error while executing at wasm backtrace"))
        .filter(|s| !s.starts_with("wasm coredump generated while executing"))
        .collect();
    let mut text = parts.join(": ");
    if text.is_empty() {
        text = "unknown error".into();
    }
    if let Some(key) = pool_key(&error.root_cause().to_string()) {
        // First, since a record may have room for the beginning only; what an
        // instance consists of is left out.
        text = format!("{key} is too small: {}", text.split(';').next().unwrap_or(""));
    }
    if let Some(name) = innermost(error).filter(|_| error.is::<Trap>()) {
        text.push_str(&format!(", in {name}"));
    }
    text
}

/// The innermost function of the backtrace, for the message of a trap.
fn innermost(error: &Error) -> Option<String> {
    let frame = error.downcast_ref::<WasmBacktrace>()?.frames().first()?;
    Some(match frame.func_name() {
        Some(name) => format!("{name:?}"),
        None => format!("function {}", frame.func_index()),
    })
}

/// A failed call as the cause of a host function's own failure.
/// `refused` is what the limiter said last.
pub fn as_failure(error: &Error, refused: u32) -> Failure {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return failure.clone();
    }
    let info = info(error);
    Failure {
        status: info.status,
        payload: info.payload,
        exit_code: info.exit_code,
        detail: if info.growth != 0 { refused.into() } else { info.detail },
        trap: info.trap,
        message: message(error),
        cause: None,
        exception: None,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_error_info(error: &wasmtime_error_t, out: &mut Info) {
    let broken = Info { status: status::INTERNAL, trap: -1, exit_code: 0, panicked: 1, payload: 0, detail: 0, growth: 0, reserved: 0 };
    *out = or(broken, || info(view(error)));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_error_text(
    error: &wasmtime_error_t,
    out: *mut *mut u8,
    len: *mut usize,
) {
    let text = or("internal error: the failure cannot be shown".into(), || message(view(error)));
    unsafe { give(text.into_bytes(), out, len) };
}

/// The same structs as in lodge_wt.h.
#[repr(C)]
pub struct Frame {
    func: Str,
    module: Str,
    file: Str,
    inlined: Str,
    func_offset: u64,
    module_offset: u64,
    func_index: u32,
    line: u32,
}

#[repr(C)]
pub struct Cause {
    message: Str,
    payload: u64,
    status: i32,
}

#[repr(C)]
pub struct Trace {
    frames: *const Frame,
    causes: *const Cause,
    frame_count: usize,
    cause_count: usize,
    text: Str,
    owner: *mut c_void,
}

impl Trace {
    fn empty() -> Trace {
        let (frames, causes) = (std::ptr::null(), std::ptr::null());
        let (text, owner) = (Str::new(""), std::ptr::null_mut());
        Trace { frames, causes, frame_count: 0, cause_count: 0, text, owner }
    }
}

/// What the pointers in a `Trace` point into. Strings do not move when the
/// vectors of boxes do.
#[derive(Default)]
struct Owner {
    strings: Vec<Box<str>>,
    frames: Vec<Frame>,
    causes: Vec<Cause>,
}

/// "name file:line", a line each, for calls that are not there any more
/// because the compiler has put the function's body in their place.
fn inlined(frame: &FrameInfo) -> String {
    let symbols = frame.symbols();
    let Some((_, calls)) = symbols.split_last() else { return String::new() };
    let line = |s: &FrameSymbol| {
        let place = s.file().map_or(String::new(), |f| format!(" {f}:{}", s.line().unwrap_or(0)));
        format!("{}{place}", s.name().unwrap_or("?"))
    };
    calls.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl Owner {
    fn keep(&mut self, text: &str) -> Str {
        self.strings.push(text.into());
        Str::new(self.strings.last().map_or("", |s| s))
    }

    /// The host function that failed has a frame of its own.
    fn add_host(&mut self, place: &Place) {
        let entry = Frame {
            inlined: self.keep(""),
            func: self.keep(&place.name),
            module: self.keep(&place.module),
            file: self.keep(""),
            func_offset: u64::MAX,
            module_offset: u64::MAX,
            func_index: u32::MAX,
            line: 0,
        };
        self.frames.push(entry);
    }

    fn add_frames(&mut self, trace: &WasmBacktrace) {
        for frame in trace.frames() {
            let symbol = frame.symbols().first();
            let place = |o: Option<usize>| o.map_or(u64::MAX, |o| o as u64);
            let entry = Frame {
                inlined: self.keep(&inlined(frame)),
                func: self.keep(frame.func_name().unwrap_or("")),
                module: self.keep(frame.module().name().unwrap_or("")),
                file: self.keep(symbol.and_then(|s| s.file()).unwrap_or("")),
                func_offset: place(frame.func_offset()),
                module_offset: place(frame.module_offset()),
                func_index: frame.func_index(),
                line: symbol.and_then(|s| s.line()).unwrap_or(0),
            };
            self.frames.push(entry);
        }
    }

    fn add_causes(&mut self, first: &Failure) {
        let mut next = Some(first);
        while let Some(failure) = next {
            let message = self.keep(&failure.message);
            let (payload, status) = (failure.payload, failure.status);
            self.causes.push(Cause { message, payload, status });
            next = failure.cause.as_deref();
        }
    }
}

/// The whole failure as text of several lines.
fn full_text(error: &Error, causes: &Failure) -> String {
    let mut text = message(error);
    let mut next = causes.cause.as_deref();
    while let Some(failure) = next {
        text.push_str(&format!("\ncaused by: {}", failure.message));
        next = failure.cause.as_deref();
    }
    if let Some(place) = error.downcast_ref::<Place>() {
        text.push_str(&format!("\nin {place}"));
    }
    if let Some(trace) = error.downcast_ref::<WasmBacktrace>() {
        // Wasmtime's text begins with a line that says what it is.
        let shown = trace.to_string();
        let frames = shown.split_once('\n').map_or("", |(_, frames)| frames);
        text.push_str(&format!("\nbacktrace, innermost first:\n{frames}"));
    }
    text.truncate(text.trim_end().len());
    text
}

fn trace_of(error: &Error) -> Trace {
    let mut owner = Box::<Owner>::default();
    if let Some(place) = error.downcast_ref::<Place>() {
        owner.add_host(place);
    }
    if let Some(trace) = error.downcast_ref::<WasmBacktrace>() {
        owner.add_frames(trace);
    }
    let failure = as_failure(error, 0);
    owner.add_causes(&failure);
    let text = owner.keep(&full_text(error, &failure));
    Trace {
        frames: owner.frames.as_ptr(),
        causes: owner.causes.as_ptr(),
        frame_count: owner.frames.len(),
        cause_count: owner.causes.len(),
        text,
        owner: Box::into_raw(owner).cast(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_trace_new(error: &wasmtime_error_t, out: &mut Trace) {
    *out = or(Trace::empty(), || trace_of(view(error)));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_trace_free(trace: &mut Trace) {
    if !trace.owner.is_null() {
        or((), || drop(unsafe { Box::from_raw(trace.owner.cast::<Owner>()) }));
        trace.owner = std::ptr::null_mut();
    }
}

/// wasmtime::Error is not std's: make sure that what we downcast to is.
const _: fn() = || {
    fn is_error<T: StdError>() {}
    is_error::<Failure>();
    is_error::<Interrupted>();
};
