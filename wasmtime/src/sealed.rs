//! sealed.rs - compiled code in a form that shows every change.
//!
//! What a sealed file is made of, in this order, numbers little-endian:
//!
//!   artefact   Wasmtime's ELF object; MARK stands in its e_ident's padding,
//!              so that the beginning tells what it is, and Wasmtime can
//!              still map the file as it is
//!   facts      what the binary told and Wasmtime does not keep
//!   settings   lines: which Lodge, Wasmtime, target and CPU, and the keys
//!   frame      FRAME bytes: lengths, hashes, which key
//!   seal       BLAKE3 of all that, keyed
//!
//! Nothing but lengths is looked at before the seal is verified.

use crate::layout::view;
use crate::module::{Facts, Limits, Over, Shape, on_stack, shape};
use crate::types::{Types, shared};
use crate::{Fail, bytes, copy_out, guard, or, text};
use blake3::Hasher;
use std::fs::File;
use std::os::fd::FromRawFd;
use std::os::unix::fs::FileExt;
use wasmtime::{Engine, Error, Module, Result};
use wasmtime_c_api::{wasm_engine_t, wasmtime_module_t};

const MARK_AT: usize = 9;
const MARK: &[u8; 7] = b"LODGE\x00\x01";
const END: &[u8; 8] = b"\x93Lodge\r\n";
const FORMAT: u32 = 1;
const FRAME: usize = 128;
const SEAL: usize = 32;

/// Why sealed code was refused: LODGE_SEALED_*.
mod reason {
    pub const NOT_SEALED: u32 = 1;
    pub const CUT: u32 = 2;
    pub const FORMAT: u32 = 3;
    pub const KEY: u32 = 4;
    pub const CHANGED: u32 = 5;
    pub const VERSION: u32 = 6;
    pub const CPU: u32 = 7;
    pub const SETTINGS: u32 = 8;
    pub const LIMIT: u32 = 9;
}

struct Refused(u32, String);
type Checked<T> = std::result::Result<T, Refused>;

fn refuse<T>(reason: u32, text: impl Into<String>) -> Checked<T> {
    Err(Refused(reason, text.into()))
}

// ---- keys and hashes ----

/// One secret, two uses that tell nothing of each other. Keys of any length
/// are hashed to the length that BLAKE3 wants.
struct Key {
    seal: [u8; 32],
    id: [u8; 16],
}

impl Key {
    fn new(secret: &[u8]) -> Key {
        let mut id = [0; 16];
        id.copy_from_slice(&blake3::derive_key("Lodge sealed code 1: mark of the key", secret)[..16]);
        Key { seal: blake3::derive_key("Lodge sealed code 1: seal", secret), id }
    }

    fn seal(&self, data: &[u8]) -> blake3::Hash {
        blake3::keyed_hash(&self.seal, data)
    }
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|b| format!("{b:02x}")).collect()
}

/// Wasmtime hashes into a Hasher of the standard library's shape.
struct Compat(Hasher);

impl std::hash::Hasher for Compat {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    fn finish(&self) -> u64 {
        0 // nobody asks
    }
}

/// Two engines with the same one take each other's code.
fn compat(engine: &Engine) -> [u8; 32] {
    use std::hash::Hash;
    let mut hasher = Compat(Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().into()
}

// ---- the CPU ----

/// What this CPU has of what the compiler makes use of.
fn cpu() -> Vec<&'static str> {
    let mut out = Vec::new();
    macro_rules! detect {
        ($has:ident: $($name:tt)*) => { $(if std::arch::$has!($name) { out.push($name) })* };
    }
    #[cfg(target_arch = "x86_64")]
    detect!(is_x86_feature_detected: "cmpxchg16b" "sse3" "ssse3" "sse4.1" "sse4.2" "popcnt" "avx" "avx2" "fma"
        "avxvnni" "avx512vnni" "bmi1" "bmi2" "avx512bitalg" "avx512dq" "avx512f" "avx512vl" "avx512vbmi" "lzcnt");
    #[cfg(target_arch = "aarch64")]
    detect!(is_aarch64_feature_detected: "lse" "paca" "fp16" "dotprod" "i8mm");
    out
}

/// "cpu sse3 avx", the last of the settings; C frees nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_cpu(buf: *mut u8, cap: usize) -> usize {
    or(0, || unsafe { copy_out(&cpu().join(" "), buf, cap) })
}

// ---- settings ----

/// How settings differ.
enum Difference {
    None,
    /// In what Wasmtime is to judge.
    Harmless,
}

fn line<'a>(settings: &'a str, key: &str) -> &'a str {
    settings.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(' ')).unwrap_or("")
}

fn makers(settings: &str) -> String {
    format!("Lodge {} with Wasmtime {}", line(settings, "lodge"), line(settings, "wasmtime"))
}

fn architecture(target: &str) -> &str {
    target.split('-').next().unwrap_or("")
}

fn compare_cpu(saved: &str) -> Checked<()> {
    let have = cpu();
    let missing: Vec<&str> = line(saved, "cpu").split(' ').filter(|f| !f.is_empty() && !have.contains(f)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    refuse(reason::CPU, format!("compiled for a CPU with {}, which this one has not", missing.join(", ")))
}

/// By lines: "=key value" must be the same, of "<key value" an engine may
/// have more, and "~key value" may differ.
fn compare(saved: &str, own: &str) -> Checked<Difference> {
    if makers(saved) != makers(own) {
        return refuse(
            reason::VERSION,
            format!("compiled by {}; this is {}: compile the module again", makers(saved), makers(own)),
        );
    }
    let (made_for, target) = (line(saved, "target"), line(own, "target"));
    if architecture(made_for) != architecture(target) {
        return refuse(reason::CPU, format!("compiled for target {made_for}; this engine's is {target}"));
    }
    compare_cpu(saved)?;
    for (saved, own) in saved.lines().zip(own.lines()).filter(|(saved, own)| saved != own) {
        let grown = saved.starts_with('<') && own.ends_with(" on");
        if saved.starts_with(['=', '<']) && !grown {
            let (saved, own) = (saved[1..].replacen(' ', "=", 1), own[1..].replacen(' ', "=", 1));
            return refuse(reason::SETTINGS, format!("compiled with {saved}; this engine has {own}"));
        }
    }
    Ok(if saved == own { Difference::None } else { Difference::Harmless })
}

// ---- facts as bytes ----

fn put(out: &mut Vec<u8>, data: &[u8]) {
    out.extend((data.len() as u64).to_le_bytes());
    out.extend(data);
}

fn facts_write(facts: &Facts) -> Vec<u8> {
    let Facts { sections, types, producers, needs, sizes, reach, start_reach, import_reach, digest: _ } = facts;
    let Limits { module_bytes, functions, function_bytes, locals } = *sizes;
    let mut out = Vec::new();
    for number in needs.iter().copied().chain([module_bytes, functions, function_bytes, locals]) {
        out.extend(number.to_le_bytes());
    }
    out.extend(u64::from(*start_reach).to_le_bytes());
    out.extend(u64::from(*import_reach).to_le_bytes());
    put(&mut out, reach);
    put(&mut out, types);
    put(&mut out, producers.as_bytes());
    for (name, data) in sections {
        put(&mut out, name);
        put(&mut out, data);
    }
    out
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }
    fn number(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }
    fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.number()?;
        self.take(usize::try_from(len).ok()?)
    }
}

fn facts_read(data: &[u8], digest: [u8; 32]) -> Option<Facts> {
    let mut from = Reader(data);
    let mut facts = Facts { digest, ..Facts::default() };
    for need in &mut facts.needs {
        *need = from.number()?;
    }
    facts.sizes = Limits {
        module_bytes: from.number()?,
        functions: from.number()?,
        function_bytes: from.number()?,
        locals: from.number()?,
    };
    facts.start_reach = from.number()?.try_into().ok()?;
    facts.import_reach = from.number()?.try_into().ok()?;
    facts.reach = from.bytes()?.into();
    facts.types = from.bytes()?.into();
    facts.producers = String::from_utf8(from.bytes()?.into()).ok()?;
    while !from.0.is_empty() {
        facts.sections.push((from.bytes()?.into(), from.bytes()?.into()));
    }
    Some(facts)
}

// ---- the frame ----

struct Frame {
    artefact: usize,
    facts: usize,
    settings: usize,
    compat: [u8; 32],
    digest: [u8; 32],
    key_id: [u8; 16],
}

impl Frame {
    fn total(&self) -> Option<usize> {
        [self.facts, self.settings, FRAME, SEAL].iter().try_fold(self.artefact, |sum, n| sum.checked_add(*n))
    }

    fn write(&self) -> Vec<u8> {
        let mut out = END.to_vec();
        out.extend(FORMAT.to_le_bytes());
        out.extend(0u32.to_le_bytes()); // flags: none yet
        for n in [self.total().unwrap_or(0), self.artefact, self.facts, self.settings] {
            out.extend((n as u64).to_le_bytes());
        }
        out.extend(self.compat);
        out.extend(self.digest);
        out.extend(self.key_id);
        out
    }

    /// None: the numbers contradict each other.
    fn read(data: &[u8], len: usize) -> Option<Frame> {
        let mut from = Reader(data);
        from.take(END.len() + 4)?;
        if from.take(4)? != [0; 4] {
            return None;
        }
        let total = from.number()?;
        let mut size = || usize::try_from(from.number()?).ok();
        let (artefact, facts, settings) = (size()?, size()?, size()?);
        let frame = Frame {
            artefact,
            facts,
            settings,
            compat: from.take(32)?.try_into().ok()?,
            digest: from.take(32)?.try_into().ok()?,
            key_id: from.take(16)?.try_into().ok()?,
        };
        (frame.total() == Some(len) && total == len as u64).then_some(frame)
    }
}

const fn frame_is_full() -> bool {
    END.len() + 8 + 4 * 8 + 32 + 32 + 16 == FRAME
}
const _: () = assert!(frame_is_full());

/// What a file begins and ends with, and its length, make a frame.
fn frame_of(begin: &[u8], end: &[u8], len: usize) -> Checked<Frame> {
    const CUT: &str = "sealed code is cut short, or something was added to it";
    const ELF: &[u8] = b"\x7fELF";
    if len == 0 {
        return refuse(reason::CUT, "sealed code is cut short: it has 0 bytes");
    }
    let mark = begin.get(MARK_AT..MARK_AT + MARK.len());
    if !ELF.starts_with(&begin[..ELF.len().min(begin.len())]) || mark.is_some_and(|m| m[..5] != MARK[..5]) {
        return refuse(reason::NOT_SEALED, "not sealed code: lodge_module_save and `lodge compile` make it");
    }
    let Some(frame) = end.get(..FRAME).filter(|_| end.len() == FRAME + SEAL) else {
        return refuse(reason::CUT, CUT);
    };
    if frame[..END.len()] != *END {
        return refuse(reason::CUT, CUT);
    }
    let format = u32::from_le_bytes([frame[8], frame[9], frame[10], frame[11]]);
    if format != FORMAT {
        return refuse(reason::FORMAT, format!("sealed in format {format}; this Lodge reads format {FORMAT}"));
    }
    match Frame::read(frame, len) {
        Some(frame) => Ok(frame),
        None => refuse(reason::CUT, CUT),
    }
}

/// The parts of a file, none of which can be trusted yet.
struct Parts<'a> {
    artefact: &'a [u8], // empty if it stays in the file
    facts: &'a [u8],
    settings: &'a [u8],
    sealed: &'a [u8], // all but the seal
    seal: &'a [u8],
    frame: Frame,
}

fn parts(data: &[u8]) -> Checked<Parts<'_>> {
    let end = data.len().saturating_sub(FRAME + SEAL);
    let frame = frame_of(&data[..data.len().min(64)], &data[end..], data.len())?;
    let (artefact, rest) = data.split_at(frame.artefact);
    let (facts, rest) = rest.split_at(frame.facts);
    let settings = &rest[..frame.settings];
    let (sealed, seal) = data.split_at(data.len() - SEAL);
    Ok(Parts { artefact, facts, settings, sealed, seal, frame })
}

fn verify(parts: &Parts<'_>, key: &Key) -> Checked<()> {
    if parts.frame.key_id != key.id {
        let (theirs, ours) = (hex(&parts.frame.key_id[..4]), hex(&key.id[..4]));
        return refuse(
            reason::KEY,
            format!("sealed with another key, or changed: its mark of the key is {theirs}, this key's {ours}"),
        );
    }
    // Hash compares in constant time.
    let seal: [u8; SEAL] = parts.seal.try_into().unwrap_or([0; SEAL]);
    if key.seal(parts.sealed) != blake3::Hash::from(seal) {
        return refuse(reason::CHANGED, "changed since it was sealed: the seal does not fit, though the key does");
    }
    Ok(())
}

/// What C asks with.
#[repr(C)]
pub struct Ask<'a> {
    engine: &'a wasm_engine_t,
    types: *const Types,
    settings: *const u8,
    settings_len: usize,
    key: *const u8,
    key_len: usize,
    limits: Limits,
    big_stack: i32,
    exact: i32,
}

impl<'a> Ask<'a> {
    fn engine(&self) -> &'a Engine {
        view(self.engine)
    }
    fn settings(&self) -> &str {
        // SAFETY: C says so.
        unsafe { text(self.settings, self.settings_len) }
    }
    fn key(&self) -> Key {
        // SAFETY: as before.
        Key::new(unsafe { bytes(self.key, self.key_len) })
    }
}

/// Whether the engine takes what is saved; all of it has been verified.
fn fits(parts: &Parts<'_>, ask: &Ask<'_>) -> Checked<Facts> {
    let saved = String::from_utf8_lossy(parts.settings);
    let difference = compare(&saved, ask.settings())?;
    let same = parts.frame.compat == compat(ask.engine());
    if !same && (ask.exact != 0 || matches!(difference, Difference::None)) {
        let makers = makers(&saved);
        return refuse(reason::VERSION, format!("compiled by another build of {makers}: compile the module again"));
    }
    let Some(facts) = facts_read(parts.facts, parts.frame.digest) else {
        return refuse(reason::VERSION, "sealed by another build of Lodge: compile the module again");
    };
    match facts.sizes.within(&ask.limits) {
        Ok(()) => Ok(facts),
        Err(Over(text)) => refuse(reason::LIMIT, text),
    }
}

fn deserialize(ask: &Ask<'_>, artefact: &[u8]) -> Result<Module> {
    let engine = ask.engine();
    // SAFETY: only a holder of the key can have sealed these bytes, who did
    // so with what Wasmtime gave; they are in memory of our own.
    on_stack(ask.big_stack != 0, || unsafe { Module::deserialize(engine, artefact) })
}

/// A module of what was found good; why not in `reason`, 0 if Wasmtime told
/// it.
fn make(
    checked: Checked<Facts>,
    ask: &Ask<'_>,
    reason: &mut u32,
    deserialize: impl FnOnce() -> Result<Module>,
) -> Result<(Module, Shape)> {
    match checked {
        Ok(mut facts) => {
            *reason = reason::SETTINGS; // unless Wasmtime says something else
            let module = deserialize()?;
            facts.reach.resize(module.exports().count(), crate::reach::OTHERS);
            *reason = 0;
            let types = unsafe { shared(ask.types) };
            let shape = shape(&module, facts, types.as_ref());
            Ok((module, shape))
        }
        Err(Refused(why, text)) => {
            *reason = why;
            Err(Error::msg(text))
        }
    }
}

fn unseal(data: &[u8], ask: &Ask<'_>, reason: &mut u32) -> Result<(Module, Shape)> {
    let mut artefact: &[u8] = &[];
    let checked = parts(data).and_then(|parts| {
        verify(&parts, &ask.key())?;
        artefact = parts.artefact;
        fits(&parts, ask)
    });
    make(checked, ask, reason, || deserialize(ask, artefact))
}

// ---- files that are trusted ----

/// What stands behind the artefact, with which the frame has to agree.
fn tail(file: &File, len: usize) -> std::io::Result<Checked<(Frame, Vec<u8>)>> {
    let mut begin = vec![0; len.min(64)];
    let mut end = vec![0; len.min(FRAME + SEAL)];
    file.read_exact_at(&mut begin, 0)?;
    file.read_exact_at(&mut end, (len - len.min(FRAME + SEAL)) as u64)?;
    let frame = match frame_of(&begin, &end, len) {
        Ok(frame) => frame,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut tail = vec![0; frame.facts + frame.settings];
    file.read_exact_at(&mut tail, frame.artefact as u64)?;
    Ok(Ok((frame, tail)))
}

/// Maps the file as it is: nobody has verified what is in it.
fn trust(file: File, len: usize, ask: &Ask<'_>, reason: &mut u32) -> Result<(Module, Shape)> {
    let checked = tail(&file, len)?.and_then(|(frame, tail)| {
        let (facts, settings) = tail.split_at(frame.facts);
        fits(&Parts { artefact: &[], facts, settings, sealed: &[], seal: &[], frame }, ask)
    });
    let engine = ask.engine();
    // SAFETY: the host has said that it trusts the file (trust-file=on).
    let open = || on_stack(ask.big_stack != 0, || unsafe { Module::deserialize_open_file(engine, file) });
    make(checked, ask, reason, open)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_trust(
    ask: &Ask<'_>,
    fd: i32,
    len: usize,
    module: *mut *mut wasmtime_module_t,
    shape: &mut Shape,
    reason: &mut u32,
) -> Fail {
    // SAFETY: C gives the descriptor away.
    let file = unsafe { File::from_raw_fd(fd) };
    guard(|| {
        let (opened, made) = trust(file, len, ask, reason)?;
        *shape = made;
        unsafe { *module = Box::into_raw(Box::new(opened)).cast() };
        Ok(())
    })
}

// ---- memory ----

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_unseal(
    ask: &Ask<'_>,
    ptr: *const u8,
    len: usize,
    module: *mut *mut wasmtime_module_t,
    shape: &mut Shape,
    reason: &mut u32,
) -> Fail {
    guard(|| {
        let (opened, made) = unseal(unsafe { bytes(ptr, len) }, ask, reason)?;
        *shape = made;
        unsafe { *module = Box::into_raw(Box::new(opened)).cast() };
        Ok(())
    })
}

/// The name says all that the code depends on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_entry(
    ask: &Ask<'_>,
    ptr: *const u8,
    len: usize,
    digest: &mut [u8; 32],
    name: &mut [u8; 80],
) -> i32 {
    or(0, || {
        let binary = blake3::hash(unsafe { bytes(ptr, len) });
        let mut hasher = Hasher::new_derive_key("Lodge cache 1: name of an entry");
        hasher.update(binary.as_bytes());
        hasher.update(&compat(ask.engine()));
        hasher.update(ask.settings().as_bytes());
        let text = format!("{}.lodge\0", hasher.finalize().to_hex());
        name[..text.len()].copy_from_slice(text.as_bytes());
        *digest = binary.into();
        1
    })
}

// ---- sealing ----

/// The code as Wasmtime has it in memory: what Module::serialize copies.
fn image(module: &Module) -> &[u8] {
    let range = module.image_range();
    // SAFETY: it lives as long as the module, and nobody writes to it.
    unsafe { bytes(range.start, range.end as usize - range.start as usize) }
}

/// Sealed code, written to where there is room for it; else its length alone.
fn seal(ask: &Ask<'_>, module: &Module, facts: &Facts, room: &mut [u8]) -> Result<usize> {
    let (artefact, settings, digest) = (image(module), ask.settings(), facts.digest);
    let facts = facts_write(facts);
    let mut frame = Frame {
        artefact: artefact.len(),
        facts: facts.len(),
        settings: settings.len(),
        compat: [0; 32],
        digest,
        key_id: [0; 16],
    };
    let total = frame.total().ok_or_else(|| Error::msg("more code than memory"))?;
    let Some(out) = room.get_mut(..total) else {
        return Ok(total);
    };
    let key = ask.key();
    (frame.compat, frame.key_id) = (compat(ask.engine()), key.id);
    let mut at = 0;
    for part in [artefact, &facts, settings.as_bytes(), &frame.write()] {
        out[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    out[MARK_AT..MARK_AT + MARK.len()].copy_from_slice(MARK);
    let (sealed, seal) = out.split_at_mut(at);
    seal.copy_from_slice(key.seal(sealed).as_bytes());
    Ok(total)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_seal(
    ask: &Ask<'_>,
    module: &wasmtime_module_t,
    shape: &Shape,
    buf: *mut u8,
    cap: usize,
    len: &mut usize,
) -> Fail {
    guard(|| {
        // SAFETY: C gives that much room, and none of the parts lies in it.
        let room = if buf.is_null() { &mut [][..] } else { unsafe { std::slice::from_raw_parts_mut(buf, cap) } };
        *len = seal(ask, view(module), &shape.facts(), room)?;
        Ok(())
    })
}

/// Seal changed bytes again, for tests; a release leaves it out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_test_reseal(ptr: *mut u8, len: usize, key: *const u8, key_len: usize) {
    or((), || {
        // SAFETY: C gives bytes and a key.
        let (data, key) = unsafe { (std::slice::from_raw_parts_mut(ptr, len), Key::new(bytes(key, key_len))) };
        let (sealed, seal) = data.split_at_mut(len - SEAL);
        seal.copy_from_slice(key.seal(sealed).as_bytes());
    });
}
