//! activation.rs - what Wasmtime notes of calls that run, and where.
//!
//! While guest code runs, Wasmtime knows it by a thread-local word, the head
//! of the thread's list of activations, and by nine words in the store: the
//! stack's limit, where guest code was entered and left. Code that leaves a
//! stack in the middle of a call takes them along, and puts them back before
//! it goes on, as Wasmtime's own fibers do (its runtime/fiber.rs and
//! vm/traphandlers.rs). A stack that begins with an empty list needs no more
//! than that: no link of its list ever leads to another stack.
//!
//! The words are private to Wasmtime. `learn` finds them by what calls do to
//! them, before the first engine is given out, or says that it cannot.

use crate::layout::view_mut;
use crate::or;
use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use wasmtime::{AsContext, AsContextMut, Caller, Engine, Error, Func, Result, Store};
use wasmtime_c_api::{WasmtimeStoreContextMut, WasmtimeStoreData, wasm_engine_t, wasmtime_store_new};
use wasmtime_environ::{HostPtr, PtrSize};

type Ctx<'a> = WasmtimeStoreContextMut<'a>;
type Data = WasmtimeStoreData;
const WORD: usize = size_of::<usize>();

thread_local! {
    /// Lies in the same block as Wasmtime's word, on every thread.
    static MARK: Cell<usize> = const { Cell::new(0) };
}

/// Bytes from MARK to Wasmtime's word.
static HEAD: AtomicIsize = AtomicIsize::new(0);
/// Bytes from a store to its VMStoreContext.
static CONTEXT: AtomicUsize = AtomicUsize::new(0);
/// In the lowest bit of the word: the thread can run guests.
const STARTED: usize = 1;

#[inline]
fn mark() -> usize {
    MARK.with(|mark| std::ptr::from_ref(mark) as usize)
}

#[inline]
fn head() -> *mut usize {
    mark().wrapping_add_signed(HEAD.load(Relaxed)) as *mut usize
}

// ---- a store's words ---------------------------------------------------------

/// Words from the place where the guest was left to the chain of stacks; they
/// follow one another (checked in `learn`).
const WORDS: usize = 7;

/// A store's VMStoreContext.
#[derive(Clone, Copy)]
pub struct Context(usize);

impl Context {
    pub fn of(store: &Ctx<'_>) -> Context {
        Context(address(store) + CONTEXT.load(Relaxed))
    }

    /// Below it, guest code meets the end of its stack; usize::MAX: the next
    /// entry sets it.
    pub fn limit(self) -> *mut usize {
        (self.0 + HostPtr.vm_store_context().stack_limit() as usize) as *mut usize
    }

    fn words(self) -> *mut usize {
        (self.0 + HostPtr.vm_store_context().last_wasm_exit_trampoline_fp() as usize) as *mut usize
    }

    /// No guest code of the store runs, as far as this stack knows.
    ///
    /// # Safety
    /// The store is alive.
    #[inline]
    pub unsafe fn is_idle(self) -> bool {
        unsafe { *self.limit() == usize::MAX && *self.words().add(ENTRY) == 0 }
    }
}

/// Which of the words tells that guest code was entered.
const ENTRY: usize = 3;

fn address(store: &Ctx<'_>) -> usize {
    // SAFETY: a StoreContext is one reference (layout.rs).
    unsafe { std::mem::transmute_copy(&store.as_context()) }
}

// ---- taking along --------------------------------------------------------------

/// The activations of a stack, while it does not run.
pub struct Away {
    context: Context,
    head: usize,
    limit: usize,
    words: [usize; WORDS],
}

impl Away {
    /// Those of a stack on which nothing runs.
    pub fn none(context: Context) -> Away {
        Away { context, head: 0, limit: usize::MAX, words: [0; WORDS] }
    }

    /// Run `there`, which goes to the stack and comes back, with its
    /// activations in their places. Outside, nothing of the store runs.
    ///
    /// # Safety
    /// `away` is valid and used by nobody else meanwhile, the store idle, and
    /// `there` returns.
    #[inline(always)]
    pub unsafe fn run<R>(away: *mut Away, there: impl FnOnce() -> R) -> R {
        unsafe {
            let context = (*away).context;
            let (limit, words, head) = (context.limit(), context.words(), head());
            let mut outer = head.read();
            if outer & STARTED == 0 {
                start_thread();
                outer = head.read();
            }
            head.write((*away).head | STARTED);
            limit.write((*away).limit);
            for i in 0..WORDS {
                words.add(i).write_volatile((&raw const (*away).words[i]).read_volatile());
            }
            let result = there();
            (*away).head = head.read() & !STARTED;
            head.write(outer);
            (*away).limit = limit.replace(usize::MAX);
            for i in 0..WORDS {
                // One by one: what was just stored in words is not there yet
                // to be read in pairs.
                (&raw mut (*away).words[i]).write_volatile(words.add(i).read_volatile());
                words.add(i).write_volatile(0);
            }
            result
        }
    }
}

/// What Wasmtime does before the first guest of a thread.
#[cold]
fn start_thread() {
    or((), Engine::tls_eager_initialize);
}

// ---- learning where -------------------------------------------------------------

/// Find the words, once per process.
pub fn learn(engine: &Engine) -> Result<()> {
    static FOUND: OnceLock<bool> = OnceLock::new();
    match FOUND.get_or_init(|| find(engine).is_some()) {
        true => Ok(()),
        false => Err(Error::msg("Wasmtime's activations are not where they are looked for")),
    }
}

fn find(engine: &Engine) -> Option<()> {
    let at = |offset: u8| offset as usize;
    let known = HostPtr.vm_store_context();
    let first = at(known.last_wasm_exit_trampoline_fp());
    let order = [
        at(known.last_wasm_exit_pc()),
        at(known.last_wasm_entry_sp()),
        at(known.last_wasm_entry_fp()),
        at(known.last_wasm_entry_trap_handler()),
        at(known.stack_chain()),
        at(known.stack_chain()) + WORD,
        at(known.store_data()),
    ];
    if order.iter().enumerate().any(|(i, offset)| *offset != first + (i + 1) * WORD) {
        return None;
    }
    // SAFETY: a wasm_engine_t is an Engine (layout.rs).
    let engine: &wasm_engine_t = unsafe { &*std::ptr::from_ref(engine).cast() };
    let mut store = wasmtime_store_new(engine, std::ptr::null_mut(), None);
    let store: &mut Store<Data> = unsafe { view_mut(&mut *store) };
    let inside = Inside::new(store);
    let head = inside.find_head(store.as_context_mut())?;
    HEAD.store(head, Relaxed);
    let context = inside.find_context(store.as_context_mut())?;
    CONTEXT.store(context, Relaxed);
    Some(())
}

/// The thread's block of thread-locals of this library: start and length.
fn block() -> Option<(usize, usize)> {
    unsafe extern "C" fn look(info: *mut libc::dl_phdr_info, _: usize, out: *mut libc::c_void) -> i32 {
        unsafe {
            let (info, found) = (&*info, &mut *out.cast::<(usize, usize)>());
            for i in 0..info.dlpi_phnum as usize {
                let part = &*info.dlpi_phdr.add(i);
                let (start, len) = (info.dlpi_tls_data as usize, part.p_memsz as usize);
                if part.p_type == libc::PT_TLS && start != 0 && (start..start + len).contains(&mark()) {
                    *found = (start, len);
                    return 1;
                }
            }
        }
        0
    }
    let mut found = (0, 0);
    let out = (&raw mut found).cast();
    // SAFETY: the callback reads what it is given, and writes `found`.
    (unsafe { libc::dl_iterate_phdr(Some(look), out) } == 1).then_some(found)
}

/// What the words of the block are now.
fn snapshot((start, len): (usize, usize)) -> Vec<usize> {
    let first = start.next_multiple_of(WORD);
    let words = (start + len - first) / WORD;
    // SAFETY: the block is this thread's own.
    (0..words).map(|i| unsafe { (first as *const usize).add(i).read_volatile() }).collect()
}

type Job<'a> = &'a mut dyn FnMut(Ctx<'_>, usize);

/// A host function that runs a job, so that an activation lies around it.
struct Inside {
    func: Func,
    job: Arc<AtomicUsize>,
}

/// What is seen of one activation: the words of the block, and an address
/// below it on the stack.
#[derive(Default)]
struct Seen {
    words: Vec<usize>,
    low: usize,
}

impl Inside {
    fn new(store: &mut Store<Data>) -> Inside {
        let job = Arc::new(AtomicUsize::new(0));
        let its = job.clone();
        let func = Func::wrap(store, move |mut caller: Caller<'_, Data>| {
            let low = 0u8;
            let job = its.load(Relaxed) as *mut Job<'_>;
            // SAFETY: `run` is waiting for it.
            unsafe { (*job)(caller.as_context_mut(), black_box(&raw const low) as usize) }
        });
        Inside { func, job }
    }

    /// Run a job inside an activation, which lies between the address that
    /// the job is given and any local variable of the caller.
    #[inline(never)]
    fn run(&self, store: Ctx<'_>, mut job: Job<'_>) {
        let outer = self.job.swap((&raw mut job) as usize, Relaxed);
        let none = std::ptr::slice_from_raw_parts_mut(std::ptr::dangling_mut(), 0);
        // SAFETY: a function without values.
        let done = unsafe { self.func.call_unchecked(store, none) };
        self.job.store(outer, Relaxed);
        debug_assert!(done.is_ok());
    }

    /// The word that names the activation around, and no other.
    fn find_head(&self, store: Ctx<'_>) -> Option<isize> {
        let top = 0u8;
        let top = black_box(&raw const top) as usize;
        let block = block()?;
        let (mut one, mut two, mut again) = (Seen::default(), Seen::default(), Vec::new());
        let before = snapshot(block);
        self.run(store, &mut |inner, low| {
            one = Seen { words: snapshot(block), low };
            self.run(inner, &mut |_, low| two = Seen { words: snapshot(block), low });
            again = snapshot(block);
        });
        let after = snapshot(block);
        let named = |word: usize, low, high| word & STARTED != 0 && word > low && word & !STARTED < high;
        let mut found = (0..after.len()).filter(|&i| {
            before[i] & !STARTED == after[i] & !STARTED
                && named(one.words[i], one.low, top)
                && named(two.words[i], two.low, one.low)
                && again[i] == one.words[i]
        });
        let (only, more) = (found.next()?, found.next());
        let place = block.0.next_multiple_of(WORD) + only * WORD;
        more.is_none().then(|| place.wrapping_sub(mark()) as isize)
    }

    /// Every address in the activation around that may be the store's
    /// context, with the limit that it would have there.
    fn candidates(&self, store: Ctx<'_>) -> (usize, Vec<(usize, usize)>) {
        let top = 0u8;
        let top = black_box(&raw const top) as usize;
        let (mut seen, mut around) = (Vec::new(), 0);
        self.run(store, &mut |inner, low| {
            let (start, data) = (address(&inner), std::ptr::from_ref(inner.data()) as usize);
            // SAFETY: a store is a box of its own.
            let end = start + unsafe { libc::malloc_usable_size(start as *mut libc::c_void) };
            // SAFETY: the list's head is on this stack, below `top`.
            around = unsafe { head().read() } & !STARTED;
            for i in 0..16 {
                let place = around + i * WORD;
                if place + WORD > top {
                    break;
                }
                let word = unsafe { (place as *const usize).read() };
                let context = Context(word);
                if word % WORD != 0 || word <= start || word.saturating_add(256) > end {
                    continue;
                }
                // SAFETY: within the store.
                let (limit, words) = unsafe { (context.limit().read(), context.words()) };
                let chain = unsafe { [words.add(5).read(), words.add(6).read()] };
                let its_data = unsafe { words.add(7).read() };
                if its_data == data && limit < low && chain[0] == 1 && (low..top).contains(&chain[1]) {
                    seen.push((word, limit));
                }
            }
        });
        (around, seen)
    }

    /// The same from further down the stack.
    #[inline(never)]
    fn deeper(&self, store: Ctx<'_>) -> (usize, Vec<(usize, usize)>) {
        let room = [0u8; 8192];
        black_box(&room);
        let seen = self.candidates(store);
        black_box(&room);
        seen
    }

    /// The one address whose limit goes with the stack, and is none outside.
    fn find_context(&self, mut store: Ctx<'_>) -> Option<usize> {
        let (high, seen) = self.candidates(store.as_context_mut());
        let (low, below) = self.deeper(store.as_context_mut());
        let down = high.checked_sub(low)?;
        let goes_along = |(word, limit): &(usize, usize)| {
            below.iter().any(|(other, less)| other == word && limit.abs_diff(*less + down) < 256)
        };
        let mut found: Vec<usize> = seen.iter().filter(|s| goes_along(s)).map(|s| s.0).collect();
        found.dedup();
        let [only] = found[..] else { return None };
        // SAFETY: within the store, as above.
        let idle = unsafe { Context(only).is_idle() && Context(only).words().add(5).read() == 0 };
        (idle && down > 4096).then(|| only - address(&store))
    }
}
