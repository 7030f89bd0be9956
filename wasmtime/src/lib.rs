//! Wasmtime's C API, and beside it what Lodge needs and C cannot reach.
//!
//! Each file stands behind a block of lodge_wt.h. No function lets a panic
//! out, which would end the process: `guard` turns it into an error that C
//! sees as E_INTERNAL, `or` into a value. A gate of tools/check looks for
//! both.

mod activation;
mod call;
mod dump;
mod engine;
mod error;
mod exn;
mod fiber;
mod gc;
mod host;
mod layout;
mod mark;
mod module;
mod object;
mod print;
mod profile;
mod reach;
mod refs;
mod sealed;
mod shared;
mod store;
mod types;
mod wasi;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmtime::Error;
pub use wasmtime_c_api as capi;
use wasmtime_c_api::wasmtime_error_t;

/// An error for C; None (NULL) is success.
pub(crate) type Fail = Option<Box<wasmtime_error_t>>;

/// A panic of Wasmtime or of ours that was caught.
#[derive(Debug)]
pub(crate) struct Panicked(String);

impl std::fmt::Display for Panicked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "internal error: {}", self.0)
    }
}
impl std::error::Error for Panicked {}

impl Panicked {
    pub(crate) fn new(payload: Box<dyn Any + Send>) -> Self {
        let text = payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| payload.downcast_ref::<&str>().map(|s| s.to_string()));
        Panicked(text.unwrap_or_else(|| "unknown panic".into()))
    }
}

#[cold]
pub(crate) fn err(e: Error) -> Fail {
    Some(Box::new(wasmtime_error_t::from(e)))
}

/// Run `f`; an error or a panic becomes an error for C.
#[inline]
pub(crate) fn guard(f: impl FnOnce() -> wasmtime::Result<()>) -> Fail {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(())) => None,
        Ok(Err(e)) => err(e),
        Err(p) => err(Error::new(Panicked::new(p))),
    }
}

/// What `f` returns, or `otherwise` if it panics: for functions that have no
/// error to return.
#[inline]
pub(crate) fn or<T>(otherwise: T, f: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or(otherwise)
}

/// Bytes that C gave; NULL with length 0 is the empty slice.
///
/// # Safety
/// `ptr` is valid for `len` bytes, or NULL with `len` 0.
pub(crate) unsafe fn bytes<'a>(ptr: *const u8, len: usize) -> &'a [u8] {
    if len == 0 { &[] } else { unsafe { std::slice::from_raw_parts(ptr, len) } }
}

/// Text that C has checked to be UTF-8.
///
/// # Safety
/// As `bytes`.
pub(crate) unsafe fn text<'a>(ptr: *const u8, len: usize) -> &'a str {
    std::str::from_utf8(unsafe { bytes(ptr, len) }).unwrap_or("\u{fffd}")
}

/// Give bytes to C, which frees them with lodge_wt_bytes_free.
pub(crate) unsafe fn give(bytes: Vec<u8>, out: *mut *mut u8, len: *mut usize) {
    let boxed = bytes.into_boxed_slice();
    unsafe {
        *len = boxed.len();
        *out = Box::into_raw(boxed).cast();
    }
}

/// Copy as much of `text` as fits; the full length.
pub(crate) unsafe fn copy_out(text: &str, buf: *mut u8, cap: usize) -> usize {
    let n = text.len().min(cap);
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), buf, n) };
    text.len()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_bytes_free(ptr: *mut u8, len: usize) {
    if !ptr.is_null() {
        or((), || drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(ptr, len)) }));
    }
}

/// What comes of a panic, for tests; a release leaves it out.
#[unsafe(no_mangle)]
pub extern "C" fn lodge_wt_test_panic() -> Fail {
    guard(|| panic!("a test wanted this panic"))
}
