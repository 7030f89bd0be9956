//! module.rs - compile limits, compiling, and what a module is made of.

use crate::layout::view;
use crate::types::{Section, Tell, Teller, Types, named, of_c, ref_text, shared, val_text};
use crate::{Fail, bytes, give, guard, or, text};
use std::ffi::c_void;
use std::sync::Arc;
use wasmparser::{KnownCustom, Operator, Parser, Payload};
use wasmtime::{
    Engine, Error, ExternType, FuncType, GlobalType, MemoryType, Module, Mutability, Result, TableType, ValType,
};
use wasmtime_c_api::{wasm_engine_t, wasmtime_module_t};

// ---- types as text ----

fn list_text(types: impl Iterator<Item = ValType>, teller: &dyn Tell) -> String {
    types.map(|t| val_text(&t, teller)).collect::<Vec<_>>().join(" ")
}

fn func_text(ty: &FuncType, teller: &dyn Tell) -> String {
    let text = format!("{} -> {}", list_text(ty.params(), teller), list_text(ty.results(), teller));
    text.trim().to_string()
}

fn limits_text(min: u64, max: Option<u64>) -> String {
    max.map_or(min.to_string(), |max| format!("{min} {max}"))
}

pub fn memory_text(ty: &MemoryType) -> String {
    let mut text = limits_text(ty.minimum(), ty.maximum());
    text.push_str(if ty.is_64() { " i64" } else { "" });
    text.push_str(if ty.is_shared() { " shared" } else { "" });
    if ty.page_size() != 65536 {
        text.push_str(&format!(" page={}", ty.page_size()));
    }
    text
}

fn table_text(ty: &TableType, teller: &dyn Tell) -> String {
    let limits = limits_text(ty.minimum(), ty.maximum());
    let wide = if ty.is_64() { " i64" } else { "" };
    format!("{limits} {}{wide}", ref_text(ty.element(), teller))
}

fn global_text(ty: &GlobalType, teller: &dyn Tell) -> String {
    let mutable = if ty.mutability() == Mutability::Var { "mut " } else { "" };
    format!("{mutable}{}", val_text(ty.content(), teller))
}

pub fn type_text(ty: &ExternType, teller: &dyn Tell) -> String {
    match ty {
        ExternType::Func(f) => func_text(f, teller),
        ExternType::Memory(m) => memory_text(m),
        ExternType::Table(t) => table_text(t, teller),
        ExternType::Global(g) => global_text(g, teller),
        ExternType::Tag(t) => list_text(t.ty().params(), teller),
    }
}

pub fn kind_name(ty: &ExternType) -> &'static str {
    match ty {
        ExternType::Func(_) => "func",
        ExternType::Memory(_) => "memory",
        ExternType::Table(_) => "table",
        ExternType::Global(_) => "global",
        ExternType::Tag(_) => "tag",
    }
}

fn kind_code(ty: &ExternType) -> u32 {
    match ty {
        ExternType::Func(_) => 17,
        ExternType::Memory(_) => 18,
        ExternType::Table(_) => 19,
        ExternType::Global(_) => 20,
        ExternType::Tag(_) => 21,
    }
}

// ---- compile limits ----

/// The same struct as in lodge_wt.h: limits, or the sizes they are about.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Limits {
    pub module_bytes: u64,
    pub functions: u64,
    pub function_bytes: u64,
    pub locals: u64,
}

/// What went over a limit.
pub struct Over(pub String);

fn check(what: &str, value: u64, limit: u64) -> std::result::Result<(), Over> {
    if value <= limit {
        return Ok(());
    }
    Err(Over(format!("{what}: {value} is more than the limit of {limit}")))
}

/// Loops within loops, at most. Only bodies with so many bytes that may be
/// `loop` are looked at closely.
fn loop_depth(body: &wasmparser::FunctionBody<'_>, limit: u64) -> u64 {
    const LOOP: u8 = 3;
    let candidates = body.as_bytes().iter().filter(|b| **b == LOOP).count() as u64;
    let Ok(operators) = body.get_operators_reader() else { return 0 };
    if candidates <= limit {
        return 0;
    }
    let (mut open, mut depth, mut most) = (Vec::new(), 0u64, 0u64);
    for operator in operators.into_iter().map_while(|o| o.ok()) {
        match operator {
            Operator::Loop { .. } => {
                open.push(1);
                depth += 1;
                most = most.max(depth);
            }
            Operator::Block { .. } | Operator::If { .. } | Operator::TryTable { .. } => open.push(0),
            Operator::End => depth -= open.pop().unwrap_or(0),
            _ => {}
        }
    }
    most
}

/// Walk over the sections. What is malformed is left to Wasmtime, which
/// tells it better.
fn scan(data: &[u8], limits: &Limits, loops: u64) -> std::result::Result<(), Over> {
    check("module bytes", data.len() as u64, limits.module_bytes)?;
    let mut index = 0u64;
    for payload in Parser::new(0).parse_all(data) {
        match payload {
            Ok(Payload::FunctionSection(s)) => {
                check("functions", u64::from(s.count()), limits.functions)?;
            }
            Ok(Payload::CodeSectionEntry(body)) => {
                let size = body.range().len() as u64;
                check(&format!("bytes of function body {index}"), size, limits.function_bytes)?;
                check(&format!("locals of function body {index}"), locals(&body), limits.locals)?;
                check(&format!("loops within loops of function body {index}"), loop_depth(&body, loops), loops)?;
                index += 1;
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Ok(())
}

impl Limits {
    /// Whether what has these sizes keeps within limits.
    pub fn within(&self, limits: &Limits) -> std::result::Result<(), Over> {
        check("module bytes", self.module_bytes, limits.module_bytes)?;
        check("functions", self.functions, limits.functions)?;
        check("bytes of a function body", self.function_bytes, limits.function_bytes)?;
        check("locals of a function body", self.locals, limits.locals)
    }

    fn count(&mut self, body: &wasmparser::FunctionBody<'_>) {
        self.function_bytes = self.function_bytes.max(body.range().len() as u64);
        self.locals = self.locals.max(locals(body));
    }
}

fn locals(body: &wasmparser::FunctionBody<'_>) -> u64 {
    let Ok(reader) = body.get_locals_reader() else { return 0 };
    reader.into_iter().map_while(|l| l.ok()).map(|(n, _)| u64::from(n)).sum()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_scan(
    ptr: *const u8,
    len: usize,
    limits: &Limits,
    loops: u64,
    limit: &mut i32,
) -> Fail {
    *limit = 0;
    guard(|| match scan(unsafe { bytes(ptr, len) }, limits, loops) {
        Ok(()) => Ok(()),
        Err(Over(text)) => {
            *limit = 1;
            Err(Error::msg(text))
        }
    })
}

// ---- compiling ----

/// Run `f` here, or on a thread with a stack that is large enough for
/// parser and compiler. No host code runs there.
pub fn on_stack<R: Send>(big: bool, f: impl FnOnce() -> Result<R> + Send) -> Result<R> {
    if !big {
        return f();
    }
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(16 << 20);
        let Ok(thread) = builder.spawn_scoped(scope, f) else {
            return Err(Error::msg("resource limit exceeded: no thread to compile on"));
        };
        thread.join().unwrap_or_else(|p| Err(Error::new(crate::Panicked::new(p))))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn lodge_wt_compile_threads() -> u32 {
    or(0, || rayon::current_num_threads() as u32)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_module_new(
    engine: &wasm_engine_t,
    ptr: *const u8,
    len: usize,
    big_stack: i32,
    out: *mut *mut wasmtime_module_t,
) -> Fail {
    guard(|| {
        let engine: &Engine = view(engine);
        let data = unsafe { bytes(ptr, len) };
        let module = on_stack(big_stack != 0, || Module::from_binary(engine, data))?;
        unsafe { *out = Box::into_raw(Box::new(module)).cast() };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_module_validate(
    engine: &wasm_engine_t,
    ptr: *const u8,
    len: usize,
    big_stack: i32,
) -> Fail {
    guard(|| {
        let engine: &Engine = view(engine);
        let data = unsafe { bytes(ptr, len) };
        on_stack(big_stack != 0, || Module::validate(engine, data))
    })
}

/// The parser shows the place below a message that may be long: tell it
/// before, where a short record still holds it.
fn place_first(message: &str) -> String {
    let place = message.lines().find_map(|line| line.trim().strip_prefix("--> "));
    let position = place.and_then(|p| p.rsplitn(3, ':').nth(2).map(|file| &p[file.len() + 1..]));
    match position {
        Some(position) => format!("{position}: {message}"),
        None => message.to_string(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_text(
    ptr: *const u8,
    len: usize,
    big_stack: i32,
    out: *mut *mut u8,
    out_len: *mut usize,
) -> Fail {
    guard(|| {
        let source = unsafe { bytes(ptr, len) };
        let translate = || match wat::parse_bytes(source) {
            Ok(binary) => Ok(binary.into_owned()),
            Err(e) => Err(Error::msg(place_first(&e.to_string()))),
        };
        let binary = on_stack(big_stack != 0, translate)?;
        unsafe { give(binary, out, out_len) };
        Ok(())
    })
}

// ---- what a module is made of ----

/// Text or bytes inside something that Rust owns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    ptr: *const u8,
    len: usize,
}

impl Str {
    pub fn new(text: &str) -> Str {
        Str::of(text.as_bytes())
    }
    fn of(data: &[u8]) -> Str {
        Str { ptr: data.as_ptr(), len: data.len() }
    }
    fn bytes(&self) -> &[u8] {
        // SAFETY: whoever gives one away keeps what it points to.
        unsafe { bytes(self.ptr, self.len) }
    }
}

#[repr(C)]
struct Item {
    module: Str,
    name: Str,
    ty: Str,
    kind: u32,
}

/// The same struct as in lodge_wt.h.
#[repr(C)]
pub struct Shape {
    imports: *const Item,
    exports: *const Item,
    sections: *const Item,
    import_count: usize,
    export_count: usize,
    section_count: usize,
    name: Str,
    producers: Str,
    needs: [u64; 8],
    reach: *const u8,
    start_reach: u32,
    import_reach: u32,
    sizes: Limits,
    digest: [u8; 32],
    owner: *mut c_void,
}

/// What the binary alone tells; it is saved with the code (sealed.rs).
#[derive(Default)]
pub struct Facts {
    pub sections: Vec<(Vec<u8>, Vec<u8>)>, // custom ones: name and data
    pub types: Vec<u8>, // the type section
    pub producers: String,
    pub needs: [u64; 8],
    pub sizes: Limits,
    pub reach: Vec<u8>, // by export
    pub start_reach: u32,
    pub import_reach: u32,
    pub digest: [u8; 32], // BLAKE3 of the binary
}

#[derive(Default)]
struct Owner {
    data: Vec<Box<[u8]>>,
    imports: Vec<Item>,
    exports: Vec<Item>,
    sections: Vec<Item>,
    reach: Vec<u8>,
    types: Section,
}

impl Owner {
    fn keep(&mut self, data: impl Into<Box<[u8]>>) -> Str {
        self.data.push(data.into());
        Str::of(self.data.last().map_or(&[], |d| d))
    }

    fn item(&mut self, module: &str, name: &str, ty: &ExternType, types: Option<&Arc<Types>>) -> Item {
        let text = type_text(ty, &Teller::new(types, &self.types.holder));
        Item {
            module: self.keep(module.as_bytes()),
            name: self.keep(name.as_bytes()),
            ty: self.keep(text.into_bytes()),
            kind: kind_code(ty),
        }
    }
}

/// No LODGE_NEEDS_*: bytes by which shared memories may grow.
const NEEDS_SHARED_GROWTH: usize = 0;
const NEEDS_MEMORIES: usize = 1;
const NEEDS_TABLES: usize = 2;
const NEEDS_MEMORY_BYTES: usize = 3;
const NEEDS_TABLE_ELEMENTS: usize = 4;
const NEEDS_FUNCTIONS: usize = 5;
const NEEDS_GLOBALS: usize = 6;
const NEEDS_START: usize = 7;

/// "language C11", "processed-by clang 14.0.6": one tool a line.
fn producers_text(fields: wasmparser::ProducersSectionReader<'_>) -> String {
    let mut text = String::new();
    for field in fields.into_iter().map_while(|f| f.ok()) {
        for value in field.values.into_iter().map_while(|v| v.ok()) {
            let line = format!("{} {} {}", field.name, value.name, value.version);
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

impl Facts {
    /// From the binary, which has been validated; `exports` are its names.
    pub fn read<'a>(data: &[u8], exports: impl Iterator<Item = &'a str>) -> Facts {
        let reach = crate::reach::read(data);
        let mut facts = Facts {
            reach: exports.map(|name| reach.of(name)).collect(),
            start_reach: reach.start.into(),
            import_reach: reach.imports.into(),
            digest: blake3::hash(data).into(),
            ..Facts::default()
        };
        facts.sizes.module_bytes = data.len() as u64;
        for payload in Parser::new(0).parse_all(data).map_while(|p| p.ok()) {
            facts.section(payload, data);
        }
        facts.sizes.functions = facts.needs[NEEDS_FUNCTIONS];
        facts.producers.truncate(facts.producers.trim_end().len());
        facts
    }

    fn section(&mut self, payload: Payload<'_>, data: &[u8]) {
        match payload {
            Payload::CustomSection(s) => {
                if let KnownCustom::Producers(fields) = s.as_known() {
                    self.producers.push_str(&producers_text(fields));
                }
                self.sections.push((s.name().into(), s.data().into()));
            }
            Payload::TypeSection(s) => self.types = data[s.range()].into(),
            Payload::MemorySection(s) => s.into_iter().map_while(|m| m.ok()).for_each(|m| self.memory(&m)),
            Payload::TableSection(s) => {
                for table in s.into_iter().map_while(|t| t.ok()) {
                    self.needs[NEEDS_TABLES] += 1;
                    let sum = &mut self.needs[NEEDS_TABLE_ELEMENTS];
                    *sum = sum.saturating_add(table.ty.initial);
                }
            }
            Payload::FunctionSection(s) => self.needs[NEEDS_FUNCTIONS] = u64::from(s.count()),
            Payload::GlobalSection(s) => self.needs[NEEDS_GLOBALS] = u64::from(s.count()),
            Payload::StartSection { .. } => self.needs[NEEDS_START] = 1,
            Payload::CodeSectionEntry(body) => self.sizes.count(&body),
            _ => {}
        }
    }

    fn memory(&mut self, memory: &wasmparser::MemoryType) {
        let log2 = memory.page_size_log2.unwrap_or(16);
        let bytes = |pages: u64| 1u64.checked_shl(log2).and_then(|page| pages.checked_mul(page));
        let initial = bytes(memory.initial).unwrap_or(u64::MAX);
        self.needs[NEEDS_MEMORIES] += 1;
        let sum = &mut self.needs[NEEDS_MEMORY_BYTES];
        *sum = sum.saturating_add(initial);
        if memory.shared {
            let most = memory.maximum.and_then(bytes).unwrap_or(u64::MAX);
            let sum = &mut self.needs[NEEDS_SHARED_GROWTH];
            *sum = sum.saturating_add(most.saturating_sub(initial));
        }
    }
}

/// What C sees of a module.
pub fn shape(module: &Module, facts: Facts, types: Option<&Arc<Types>>) -> Shape {
    let mut owner = Box::<Owner>::default();
    owner.types = Section::new(facts.types);
    for import in module.imports() {
        let item = owner.item(import.module(), import.name(), &import.ty(), types);
        owner.imports.push(item);
    }
    for export in module.exports() {
        let item = owner.item("", export.name(), &export.ty(), types);
        owner.exports.push(item);
    }
    for (name, data) in facts.sections {
        let item = Item { module: owner.keep([]), name: owner.keep(name), ty: owner.keep(data), kind: 0 };
        owner.sections.push(item);
    }
    owner.reach = facts.reach;
    Shape {
        imports: owner.imports.as_ptr(),
        exports: owner.exports.as_ptr(),
        sections: owner.sections.as_ptr(),
        import_count: owner.imports.len(),
        export_count: owner.exports.len(),
        section_count: owner.sections.len(),
        name: owner.keep(module.name().unwrap_or("").as_bytes()),
        producers: owner.keep(facts.producers.into_bytes()),
        needs: facts.needs,
        reach: owner.reach.as_ptr(),
        start_reach: facts.start_reach,
        import_reach: facts.import_reach,
        sizes: facts.sizes,
        digest: facts.digest,
        owner: Box::into_raw(owner).cast(),
    }
}

impl Shape {
    /// What it was made from.
    pub fn facts(&self) -> Facts {
        // SAFETY: `shape` made the pointers, into what the owner keeps.
        let (reach, sections) = unsafe {
            (crate::bytes(self.reach, self.export_count), std::slice::from_raw_parts(self.sections, self.section_count))
        };
        Facts {
            sections: sections.iter().map(|s| (s.name.bytes().into(), s.ty.bytes().into())).collect(),
            types: self.owner().map_or(Vec::new(), |owner| owner.types.content().into()),
            producers: String::from_utf8_lossy(self.producers.bytes()).into(),
            needs: self.needs,
            sizes: self.sizes,
            reach: reach.into(),
            start_reach: self.start_reach,
            import_reach: self.import_reach,
            digest: self.digest,
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_shape_new(
    module: &wasmtime_module_t,
    ptr: *const u8,
    len: usize,
    types: *const Types,
    out: &mut Shape,
) -> Fail {
    guard(|| {
        let module: &Module = view(module);
        let data = unsafe { bytes(ptr, len) };
        let types = unsafe { shared(types) };
        *out = shape(module, Facts::read(data, module.exports().map(|e| e.name())), types.as_ref());
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_shape_free(shape: &mut Shape) {
    if !shape.owner.is_null() {
        or((), || drop(unsafe { Box::from_raw(shape.owner.cast::<Owner>()) }));
        shape.owner = std::ptr::null_mut();
    }
}

// ---- types ----

impl Shape {
    fn owner(&self) -> Option<&Owner> {
        // SAFETY: only lodge_wt_shape_new fills it.
        unsafe { self.owner.cast::<Owner>().as_ref() }
    }
}

/// How many types the module defines.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_shape_types(shape: &Shape) -> u32 {
    or(0, || shape.owner().map_or(0, |owner| owner.types.count))
}

/// The number of one of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_shape_type(
    shape: &Shape,
    engine: &wasm_engine_t,
    types: *const Types,
    index: u32,
    big_stack: i32,
    number: &mut u32,
) -> Fail {
    guard(|| {
        let Some(owner) = shape.owner() else { return Ok(()) };
        let (engine, types): (&Engine, _) = (view(engine), unsafe { of_c(types)? });
        let own = &owner.types;
        let heap = on_stack(big_stack != 0, || own.get(engine, index))?;
        *number = own.number(&types, &heap, index)?;
        Ok(())
    })
}

/// The index of the one with a name, or u32::MAX.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_shape_named(shape: &Shape, name: *const u8, len: usize) -> u32 {
    or(u32::MAX, || {
        let Some(owner) = shape.owner() else { return u32::MAX };
        let name = unsafe { text(name, len) };
        // SAFETY: the texts are the owner's own.
        let sections = owner.sections.iter().map(|s| unsafe { (bytes(s.name.ptr, s.name.len), bytes(s.ty.ptr, s.ty.len)) });
        sections.filter(|(is, _)| *is == b"name").find_map(|(_, data)| named(data, name)).unwrap_or(u32::MAX)
    })
}
