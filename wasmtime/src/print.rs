//! print.rs - binary modules as text.

use crate::module::on_stack;
use crate::{Fail, bytes, give, guard};
use std::collections::HashSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmparser::{KnownCustom, Name, Operator, Parser, Payload, Validator, WasmFeatures};
use wasmprinter::{Config, Print};
use wasmtime::{Error, Result};

/// LODGE_TEXT_*.
const OFFSETS: u32 = 1;
const NAMES: u32 = 2;
const SKELETON: u32 = 4;

/// A name is printed wherever it is referred to, so that a small module can
/// have any amount of text.
const MAX_TEXT: u64 = 1 << 30;
const TOO_LONG: &str = "the text is longer than 1 GiB";

/// The printer looks through all named labels around a branch.
const MAX_LABELS: u64 = 300_000_000;
const TOO_DEEP: &str = "too many branches inside too many named blocks";

/// A limit of ours is reached: LODGE_E_LIMIT.
#[derive(Debug)]
pub struct TooMuch(pub String);

impl TooMuch {
    pub fn new(what: &str) -> TooMuch {
        TooMuch(what.to_string())
    }
}

impl std::fmt::Display for TooMuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for TooMuch {}

/// Keeps the text as long as it fits into `room`, and counts the rest.
struct Page {
    text: Vec<u8>,
    room: u64,
    len: u64,
}

impl Print for Page {
    fn write_str(&mut self, text: &str) -> io::Result<()> {
        self.len += text.len() as u64;
        if self.len > MAX_TEXT {
            return Err(io::Error::other(TOO_LONG)); // told below
        }
        if self.len <= self.room {
            self.text.extend_from_slice(text.as_bytes());
        } else {
            self.text = Vec::new();
        }
        Ok(())
    }
}

// ---- what would take too long ------------------------------------------------

/// Functions, by index, that have named labels.
fn with_labels(data: &[u8]) -> HashSet<u32> {
    let mut found = HashSet::new();
    for payload in Parser::new(0).parse_all(data).map_while(|p| p.ok()) {
        let Payload::CustomSection(section) = payload else { continue };
        let KnownCustom::Name(names) = section.as_known() else { continue };
        for name in names.into_iter().map_while(|n| n.ok()) {
            if let Name::Label(functions) = name {
                found.extend(functions.into_iter().map_while(|f| f.ok()).map(|f| f.index));
            }
        }
    }
    found
}

/// How many blocks are around each branch of a function, summed up.
fn labels_around(body: &wasmparser::FunctionBody<'_>) -> u64 {
    let Ok(operators) = body.get_operators_reader() else { return 0 };
    let (mut depth, mut sum) = (0u64, 0u64);
    for operator in operators.into_iter().map_while(|o| o.ok()) {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::Try { .. } => depth += 1,
            Operator::TryTable { try_table } => {
                sum += depth * try_table.catches.len() as u64;
                depth += 1;
            }
            Operator::End => depth = depth.saturating_sub(1),
            Operator::BrTable { targets } => sum += depth * (u64::from(targets.len()) + 1),
            Operator::Br { .. }
            | Operator::BrIf { .. }
            | Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. }
            | Operator::Delegate { .. }
            | Operator::Rethrow { .. } => sum += depth,
            _ => {}
        }
    }
    sum
}

fn check_labels(data: &[u8]) -> Result<()> {
    let named = with_labels(data);
    if named.is_empty() {
        return Ok(());
    }
    let (mut index, mut sum) = (0u32, 0u64);
    for payload in Parser::new(0).parse_all(data).map_while(|p| p.ok()) {
        match payload {
            Payload::ImportSection(s) => index += imported_functions(s),
            Payload::CodeSectionEntry(body) => {
                sum += if named.contains(&index) { labels_around(&body) } else { 0 };
                index += 1;
            }
            _ => {}
        }
        if sum > MAX_LABELS {
            return Err(Error::new(TooMuch::new(TOO_DEEP)));
        }
    }
    Ok(())
}

fn imported_functions(section: wasmparser::ImportSectionReader<'_>) -> u32 {
    let imports = section.into_imports().map_while(|i| i.ok());
    let is_func = |ty| matches!(ty, wasmparser::TypeRef::Func(_) | wasmparser::TypeRef::FuncExact(_));
    imports.filter(|i| is_func(i.ty)).count() as u32
}

// ---- printing ------------------------------------------------------------------

/// The printer takes the order of things for granted: what is wrong with a
/// module that it stumbles over.
fn what_is_wrong(data: &[u8]) -> Error {
    match Validator::new_with_features(WasmFeatures::all()).validate_all(data) {
        Err(e) => Error::msg(e.to_string()),
        Ok(_) => Error::msg("the module cannot be printed"),
    }
}

fn print(data: &[u8], flags: u32, room: u64) -> Result<Page> {
    if data.get(6..8) == Some(&[1, 0]) {
        return Err(Error::msg("a component, not a core module (at offset 0x6)"));
    }
    let mut page = Page { text: Vec::new(), room, len: 0 };
    let mut config = Config::new();
    config.print_offsets(flags & OFFSETS != 0);
    config.name_unnamed(flags & NAMES != 0);
    config.print_skeleton(flags & SKELETON != 0);
    if flags & SKELETON == 0 {
        check_labels(data)?;
    }
    // SAFETY of unwinding: what a panic leaves behind is dropped.
    match catch_unwind(AssertUnwindSafe(|| config.print(data, &mut page))) {
        Ok(Ok(())) => Ok(page),
        Ok(Err(_)) if page.len > MAX_TEXT => Err(Error::new(TooMuch::new(TOO_LONG))),
        Ok(Err(e)) => Err(Error::msg(format!("{e:#}"))),
        Err(_) => Err(what_is_wrong(data)),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_print(
    ptr: *const u8,
    len: usize,
    flags: u32,
    room: u64,
    big_stack: i32,
    out: *mut *mut u8,
    out_len: *mut usize,
    full: &mut u64,
) -> Fail {
    guard(|| {
        let data = unsafe { bytes(ptr, len) };
        let page = on_stack(big_stack != 0, || print(data, flags, room))?;
        *full = page.len;
        unsafe { give(page.text, out, out_len) };
        Ok(())
    })
}
