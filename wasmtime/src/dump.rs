//! dump.rs - core dumps: the state of a store at the moment of a failure, in
//! the form of the tool conventions for WebAssembly.
//!
//! Wasmtime writes it, but for two things. It takes any amount of memory for
//! it, so what would be too much is refused before. And it takes every page
//! for one of 64 KiB, so memories of other pages are written again here.

use crate::layout::view;
use crate::print::TooMuch;
use crate::{Fail, give, guard};
use wasmparser::Parser;
use wasmtime::{AsContext, Error, HeapType, Memory, Result, ValType, WasmCoreDump};
use wasmtime_c_api::{WasmtimeStoreContextMut, wasmtime_error_t};

type Ctx<'a> = WasmtimeStoreContextMut<'a>;

/// Runs of zeros are left out where they fill such a piece, or begin or end
/// one; as Wasmtime does it.
const PIECE: usize = 4096;
static ZEROS: [u8; PIECE] = [0; PIECE];
/// More data segments than this make no valid module.
const MAX_SEGMENTS: u64 = 100_000;

const SECTION_MEMORY: u8 = 5;
const SECTION_DATA: u8 = 11;

/// What is not zero in a memory: (offset, bytes).
fn pieces(data: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    data.chunks(PIECE).enumerate().filter_map(|(i, piece)| {
        if piece == &ZEROS[..piece.len()] {
            return None;
        }
        let start = piece.iter().position(|b| *b != 0)?;
        let end = piece.iter().rposition(|b| *b != 0)? + 1;
        Some((i * PIECE + start, &piece[start..end]))
    })
}

/// Whether the dump has room in `limit` bytes, before any of it is made.
fn check_size(store: impl AsContext, dump: &WasmCoreDump, limit: u64) -> Result<()> {
    let (mut bytes, mut segments) = (0u64, 0u64);
    for memory in dump.memories() {
        for (_, piece) in pieces(memory.data(&store)) {
            bytes += piece.len() as u64;
            segments += 1;
            if bytes > limit {
                return Err(too_much(limit));
            }
            if segments > MAX_SEGMENTS {
                return Err(Error::new(TooMuch::new("core dump: more than 100000 pages of 4 KiB are in use")));
            }
        }
    }
    Ok(())
}

fn too_much(limit: u64) -> Error {
    Error::new(TooMuch(format!("core dump: it has more bytes than core-dump-limit, {limit}")))
}

/// Globals for which Wasmtime has no words.
fn check_globals(store: impl AsContext, dump: &WasmCoreDump) -> Result<()> {
    for global in dump.globals() {
        let ValType::Ref(ty) = global.ty(&store).content().clone() else { continue };
        if !matches!(ty.heap_type().top(), HeapType::Extern | HeapType::Func | HeapType::Any) {
            return Err(Error::msg("core dump: a global holds an exception, which a dump cannot tell"));
        }
    }
    Ok(())
}

// ---- memories with pages of their own ------------------------------------------

fn leb(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn signed_leb(out: &mut Vec<u8>, mut n: i64) {
    loop {
        let byte = n as u8 & 0x7f;
        n >>= 7;
        if n == 0 && byte & 0x40 == 0 || n == -1 && byte & 0x40 != 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

fn memory_section(store: impl AsContext, memories: &[Memory]) -> Vec<u8> {
    let mut out = Vec::new();
    leb(&mut out, memories.len() as u64);
    for memory in memories {
        let ty = memory.ty(&store);
        let log2 = ty.page_size().trailing_zeros();
        let max = ty.maximum();
        out.push(u8::from(max.is_some()) | u8::from(ty.is_64()) << 2 | u8::from(log2 != 16) << 3);
        leb(&mut out, memory.size(&store));
        if let Some(max) = max {
            leb(&mut out, max);
        }
        if log2 != 16 {
            leb(&mut out, log2.into());
        }
    }
    out
}

fn data_section(store: impl AsContext, memories: &[Memory]) -> Vec<u8> {
    const I32_CONST: u8 = 0x41;
    const I64_CONST: u8 = 0x42;
    const END: u8 = 0x0b;
    let (mut body, mut count) = (Vec::new(), 0);
    for (index, memory) in memories.iter().enumerate() {
        let is64 = memory.ty(&store).is_64();
        for (offset, piece) in pieces(memory.data(&store)) {
            body.push(2); // active, in the memory of this number
            leb(&mut body, index as u64);
            body.push(if is64 { I64_CONST } else { I32_CONST });
            signed_leb(&mut body, if is64 { offset as i64 } else { i64::from(offset as u32 as i32) });
            body.push(END);
            leb(&mut body, piece.len() as u64);
            body.extend_from_slice(piece);
            count += 1;
        }
    }
    let mut out = Vec::with_capacity(body.len() + 5);
    leb(&mut out, count);
    out.append(&mut body);
    out
}

/// Write the sections about memories anew.
fn with_pages(store: impl AsContext, memories: &[Memory], dump: &[u8]) -> Result<Vec<u8>> {
    let mut out = dump[..8].to_vec();
    for payload in Parser::new(0).parse_all(dump) {
        let Some((id, range)) = payload?.as_section() else { continue };
        let own = match id {
            SECTION_MEMORY => Some(memory_section(&store, memories)),
            SECTION_DATA => Some(data_section(&store, memories)),
            _ => None,
        };
        let body = own.as_deref().unwrap_or(&dump[range]);
        out.push(id);
        leb(&mut out, body.len() as u64);
        out.extend_from_slice(body);
    }
    Ok(out)
}

// ---- for C -----------------------------------------------------------------------

fn write(mut store: Ctx<'_>, dump: &WasmCoreDump, limit: u64) -> Result<Vec<u8>> {
    check_globals(&store, dump)?;
    check_size(&store, dump, limit)?;
    let name = dump.modules().iter().find_map(|m| m.name()).unwrap_or("guest").to_string();
    let mut bytes = dump.serialize(&mut store, &name);
    if dump.memories().iter().any(|m| m.ty(&store).page_size() != 65536) {
        bytes = with_pages(&store, dump.memories(), &bytes)?;
    }
    if bytes.len() as u64 > limit {
        return Err(too_much(limit));
    }
    Ok(bytes)
}

/// *found: whether the failure is one that a dump can be made of.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_dump(
    store: Ctx<'_>,
    error: &wasmtime_error_t,
    limit: u64,
    found: &mut i32,
    out: *mut *mut u8,
    out_len: *mut usize,
) -> Fail {
    *found = 0;
    guard(|| {
        let error: &Error = view(error);
        let Some(dump) = error.downcast_ref::<WasmCoreDump>() else { return Ok(()) };
        *found = 1;
        unsafe { give(write(store, dump, limit)?, out, out_len) };
        Ok(())
    })
}
