//! reach.rs - what the functions of a module may come to call.
//!
//! Only direct calls are followed. A call by reference may come to anything,
//! so it counts as one of an import that nobody knows.

use std::collections::HashMap;
use wasmparser::{ExternalKind, FunctionBody, Operator, Parser, Payload, TypeRef};

/// An import that may be anything, or whatever a reference leads to.
pub const OTHERS: u8 = 1;
/// An import of WASI preview 1, if the linker's is ours.
pub const WASI: u8 = 2;

const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// What can be reached: bits.
pub struct Reach<'a> {
    exports: HashMap<&'a str, u8>,
    pub start: u8,
    pub imports: u8,
}

impl Reach<'_> {
    /// What an exported function can reach.
    pub fn of(&self, name: &str) -> u8 {
        self.exports.get(name).copied().unwrap_or(OTHERS)
    }
}

/// The call graph, from callee to caller.
#[derive(Default)]
struct Graph<'a> {
    imports: u8,
    bits: Vec<u8>, // by function
    calls: Vec<(u32, u32)>,
    seen: Vec<u32>, // by callee: 1 + the last caller
    next_body: usize,
    exports: Vec<(&'a str, u32)>,
    start: Option<u32>,
}

impl<'a> Graph<'a> {
    fn import(&mut self, import: &wasmparser::Import<'_>) {
        if matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
            let bit = if import.module == WASI_MODULE { WASI } else { OTHERS };
            self.imports |= bit;
            self.bits.push(bit);
            self.next_body += 1;
        }
    }

    fn call(&mut self, caller: usize, callee: u32) {
        let mark = caller as u32 + 1;
        match self.seen.get_mut(callee as usize) {
            Some(seen) if *seen != mark => {
                *seen = mark;
                self.calls.push((callee, caller as u32));
            }
            Some(_) => {}
            None => self.bits[caller] |= OTHERS,
        }
    }

    fn body(&mut self, body: &FunctionBody<'_>) {
        let caller = self.next_body;
        self.next_body += 1;
        if caller >= self.bits.len() {
            return;
        }
        self.seen.resize(self.bits.len(), 0);
        let Ok(mut reader) = body.get_operators_reader() else {
            self.bits[caller] |= OTHERS;
            return;
        };
        while self.bits[caller] & OTHERS == 0 && !reader.eof() {
            match reader.read() {
                Ok(Operator::Call { function_index } | Operator::ReturnCall { function_index }) => {
                    self.call(caller, function_index);
                }
                Ok(operator) if !by_reference(&operator) => {}
                _ => self.bits[caller] |= OTHERS,
            }
        }
    }

    fn section(&mut self, payload: Payload<'a>) {
        match payload {
            Payload::ImportSection(s) => {
                for import in s.into_imports().map_while(|i| i.ok()) {
                    self.import(&import);
                }
            }
            Payload::FunctionSection(s) => self.bits.resize(self.bits.len() + s.count() as usize, 0),
            Payload::ExportSection(s) => {
                for export in s.into_iter().map_while(|e| e.ok()) {
                    if matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact) {
                        self.exports.push((export.name, export.index));
                    }
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::CodeSectionEntry(body) => self.body(&body),
            _ => {}
        }
    }

    /// Callers in order of the callee, and where those of each begin.
    fn callers(&self) -> (Vec<u32>, Vec<u32>) {
        let mut begin = vec![0u32; self.bits.len() + 1];
        for (callee, _) in &self.calls {
            begin[*callee as usize + 1] += 1;
        }
        for i in 1..begin.len() {
            begin[i] += begin[i - 1];
        }
        let mut at = begin.clone();
        let mut callers = vec![0u32; self.calls.len()];
        for (callee, caller) in &self.calls {
            let place = &mut at[*callee as usize];
            callers[*place as usize] = *caller;
            *place += 1;
        }
        (begin, callers)
    }

    /// Who calls what reaches something reaches it too.
    fn spread(&mut self) {
        let (begin, callers) = self.callers();
        let mut work: Vec<u32> = (0..self.bits.len() as u32).filter(|f| self.bits[*f as usize] != 0).collect();
        while let Some(callee) = work.pop() {
            let callee = callee as usize;
            let bits = self.bits[callee];
            for caller in &callers[begin[callee] as usize..begin[callee + 1] as usize] {
                let own = &mut self.bits[*caller as usize];
                if *own | bits != *own {
                    *own |= bits;
                    work.push(*caller);
                }
            }
        }
    }

    fn of(&self, func: u32) -> u8 {
        self.bits.get(func as usize).copied().unwrap_or(OTHERS)
    }
}

/// Whether an operator may go on in a function that it does not name.
fn by_reference(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::CallIndirect { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::ContNew { .. }
            | Operator::ContBind { .. }
            | Operator::Suspend { .. }
            | Operator::Resume { .. }
            | Operator::ResumeThrow { .. }
            | Operator::ResumeThrowRef { .. }
            | Operator::Switch { .. }
    )
}

/// From the binary, which has been validated. Without one all is possible.
pub fn read(data: &[u8]) -> Reach<'_> {
    if data.is_empty() {
        return Reach { exports: HashMap::new(), start: OTHERS, imports: OTHERS };
    }
    let mut graph = Graph::default();
    for payload in Parser::new(0).parse_all(data).map_while(|p| p.ok()) {
        graph.section(payload);
    }
    graph.spread();
    Reach {
        exports: graph.exports.iter().map(|(name, func)| (*name, graph.of(*func))).collect(),
        start: graph.start.map_or(0, |func| graph.of(func)),
        imports: graph.imports,
    }
}
