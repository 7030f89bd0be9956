//! profile.rs - sampled profiles of the guests of a store.
//!
//! Wasmtime's profiler has to know the modules when it begins. When another
//! one comes into the store, what there is so far becomes a part of its own,
//! and the parts are put together at the end.

use crate::layout::view;
use crate::store::Link;
use crate::{Fail, Panicked, give, guard, or, text};
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use wasmtime::{AsContext, Engine, Error, GuestProfiler, Module, Result};
use wasmtime_c_api::{wasm_engine_t, wasmtime_module_t};

/// More samples than this are not taken, so that memory has an end.
const MAX_SAMPLES: u32 = 100_000;

/// CPU time of a thread when it was last seen.
#[derive(Clone, Copy, PartialEq)]
struct Cpu {
    thread: libc::pthread_t,
    used: Duration,
}

impl Cpu {
    fn now() -> Cpu {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the clock writes to `time` only.
        let thread = unsafe {
            libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time);
            libc::pthread_self()
        };
        Cpu { thread, used: Duration::new(time.tv_sec as u64, time.tv_nsec as u32) }
    }

    /// Time used since then; none if another thread runs the guest now.
    fn since(&self, before: &Cpu) -> Duration {
        if self.thread == before.thread { self.used.saturating_sub(before.used) } else { Duration::ZERO }
    }
}

/// What was recorded up to some time, as JSON, and when that began.
struct Part {
    began: Instant,
    json: Vec<u8>,
}

pub struct Profile {
    name: String,
    interval: Duration,
    modules: Vec<(String, Module)>,
    recorder: Option<GuestProfiler>, // none if it could not be made
    began: Instant,
    parts: Vec<Part>,
    next: u64, // tick of the next sample
    cpu: Cpu,
    left: u32,
    taken: u32, // of the part that runs
    broken: bool,
}

/// Functions are listed under their module; one without a name by number.
fn add(modules: &mut Vec<(String, Module)>, module: &Module) -> bool {
    let place = module.text().as_ptr();
    if modules.iter().any(|(_, known)| known.text().as_ptr() == place) {
        return false;
    }
    let name = module.name().map_or(format!("module {}", modules.len()), str::to_string);
    modules.push((name, module.clone()));
    true
}

fn recorder(engine: &Engine, name: &str, interval: Duration, modules: &[(String, Module)]) -> Result<GuestProfiler> {
    GuestProfiler::new(engine, name, interval, modules.to_vec())
}

impl Profile {
    fn new(engine: &Engine, name: &str, interval: Duration, modules: Vec<(String, Module)>) -> Result<Profile> {
        Ok(Profile {
            recorder: Some(recorder(engine, name, interval, &modules)?),
            name: name.to_string(),
            interval,
            modules,
            began: Instant::now(),
            parts: Vec::new(),
            next: 0,
            cpu: Cpu::now(),
            left: MAX_SAMPLES,
            taken: 0,
            broken: false,
        })
    }

    fn sample(&mut self, store: impl AsContext, tick: u64) {
        if tick < self.next || self.left == 0 {
            return;
        }
        let Some(recorder) = &mut self.recorder else { return };
        let cpu = Cpu::now();
        recorder.sample(store, cpu.since(&self.cpu));
        self.next = tick + self.interval.as_millis() as u64;
        self.cpu = cpu;
        self.left -= 1;
        self.taken += 1;
    }

    /// End the part that runs and begin another one.
    fn part(&mut self, engine: &Engine) -> Result<()> {
        self.end_part(false)?;
        self.began = Instant::now();
        self.recorder = Some(recorder(engine, &self.name, self.interval, &self.modules)?);
        Ok(())
    }

    /// A part without samples says nothing, unless it is the only one.
    fn end_part(&mut self, keep: bool) -> Result<()> {
        let Some(ended) = self.recorder.take() else { return Ok(()) };
        if std::mem::take(&mut self.taken) == 0 && !keep {
            return Ok(());
        }
        let mut json = Vec::new();
        ended.finish(&mut json)?;
        self.parts.push(Part { began: self.began, json });
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<u8>> {
        if self.broken {
            return Err(Error::new(Panicked::new(Box::new("a sample could not be taken"))));
        }
        self.end_part(self.parts.is_empty())?;
        match self.parts.len() {
            1 => Ok(self.parts.remove(0).json),
            _ => join(&self.parts),
        }
    }
}

// ---- parts put together --------------------------------------------------------

/// Add to each number of a list, or to a number.
fn shift(value: &mut Value, by: &Value) {
    match (value, by) {
        (Value::Array(list), by) => list.iter_mut().for_each(|v| shift(v, by)),
        (value, by) if value.is_u64() && by.is_u64() => {
            *value = json!(value.as_u64().unwrap_or(0) + by.as_u64().unwrap_or(0));
        }
        (value, by) if value.is_number() => {
            *value = json!(value.as_f64().unwrap_or(0.0) + by.as_f64().unwrap_or(0.0));
        }
        _ => {} // null: there is none
    }
}

/// The one thread of a part, as it is among those of the first part.
fn thread_of(part: &mut Value, number: usize, libs: usize, ms: f64) -> Value {
    let mut thread = part["threads"][0].take();
    let (libs, ms) = (json!(libs), json!(ms));
    shift(&mut thread["resourceTable"]["lib"], &libs);
    shift(&mut thread["nativeSymbols"]["libIndex"], &libs);
    for member in ["registerTime", "unregisterTime", "processStartupTime", "processShutdownTime"] {
        shift(&mut thread[member], &ms);
    }
    // The others follow the first; there is one.
    shift(&mut thread["samples"]["timeDeltas"][0], &ms);
    for member in ["startTime", "endTime"] {
        shift(&mut thread["markers"][member], &ms);
    }
    thread["tid"] = json!(number.to_string());
    thread["name"] = json!(format!("{} ({})", thread["name"].as_str().unwrap_or(""), number + 1));
    thread["isMainThread"] = json!(false);
    thread
}

fn join(parts: &[Part]) -> Result<Vec<u8>> {
    let mut whole: Value = serde_json::from_slice(&parts[0].json)?;
    for (number, part) in parts.iter().enumerate().skip(1) {
        let mut value: Value = serde_json::from_slice(&part.json)?;
        let ms = part.began.duration_since(parts[0].began).as_secs_f64() * 1000.0;
        let libs = whole["libs"].as_array().map_or(0, Vec::len);
        let thread = thread_of(&mut value, number, libs, ms);
        let (Value::Array(more), Some(all)) = (value["libs"].take(), whole["libs"].as_array_mut()) else { continue };
        all.extend(more);
        whole["threads"].as_array_mut().map(|t| t.push(thread));
    }
    Ok(serde_json::to_vec(&whole)?)
}

// ---- for the epoch callback ------------------------------------------------------

/// Take a sample of the guest that runs, if it is time.
#[cold]
pub fn sample(link: *mut Link, store: impl AsContext) {
    // SAFETY: the link's own profile; nobody else has the store.
    let (profile, tick) = unsafe { (&mut *(*link).profile, (*(*link).ticks).load(Relaxed)) };
    if catch_unwind(AssertUnwindSafe(|| profile.sample(store, tick))).is_err() {
        (profile.broken, profile.left) = (true, 0);
    }
}

/// Forget what is being recorded.
pub fn clear(link: &mut Link) {
    if !link.profile.is_null() {
        drop(unsafe { Box::from_raw(link.profile) });
        link.profile = std::ptr::null_mut();
    }
}

// ---- for C -----------------------------------------------------------------------

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_profile_start(
    link: &mut Link,
    engine: &wasm_engine_t,
    name: *const u8,
    name_len: usize,
    interval_ns: u64,
    modules: *const *const wasmtime_module_t,
    count: usize,
) -> Fail {
    guard(|| {
        let mut list = Vec::new();
        for i in 0..count {
            add(&mut list, view(unsafe { &**modules.add(i) }));
        }
        let name = unsafe { text(name, name_len) };
        let profile = Profile::new(view(engine), name, Duration::from_nanos(interval_ns), list)?;
        clear(link);
        link.profile = Box::into_raw(Box::new(profile));
        Ok(())
    })
}

/// A module is about to come into the store.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_profile_module(link: &mut Link, module: &wasmtime_module_t) {
    or((), || {
        let module: &Module = view(module);
        // SAFETY: only start fills the field.
        let Some(profile) = (unsafe { link.profile.as_mut() }) else { return };
        if add(&mut profile.modules, module) && profile.part(module.engine()).is_err() {
            profile.broken = true;
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lodge_wt_profile_finish(link: &mut Link, out: *mut *mut u8, len: *mut usize) -> Fail {
    guard(|| {
        // SAFETY: only start fills the field.
        let profile = unsafe { Box::from_raw(std::mem::replace(&mut link.profile, std::ptr::null_mut())) };
        unsafe { give(profile.finish()?, out, len) };
        Ok(())
    })
}
