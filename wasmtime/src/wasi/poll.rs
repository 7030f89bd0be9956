//! poll.rs - waiting: poll_oneoff, sched_yield, and streams that make wait.
//!
//! Nothing here sleeps longer than a few milliseconds without looking at
//! cancelling and deadlines.

use super::State;
use super::clocks::Which;
use super::fds::Kind;
use super::functions::Stop;
use super::streams::Ready;
use crate::store::Link;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use wasmtime::Error;
use wasmtime_wasi::p1::types::{
    Clockid, Errno, Event, EventFdReadwrite, Eventrwflags, Eventtype, Subclockflags, Subscription,
    SubscriptionU,
};
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1;
use wiggle::{GuestMemory, GuestPtr};

/// More subscriptions in one call are refused.
const MAX_SUBSCRIPTIONS: u32 = 65536;
const EVENT_BYTES: u32 = 32;

/// Waiting in slices: first short ones, so that a cancel is seen soon, then
/// longer ones, so that many waiting guests cost little.
pub struct Nap<'a> {
    link: &'a Link,
    rounds: u32,
}

impl<'a> Nap<'a> {
    pub fn new(link: &'a Link) -> Self {
        Nap { link, rounds: 0 }
    }

    /// An error if the call is to end.
    pub fn check(&self) -> Result<(), Stop> {
        match self.link.interrupted() {
            Some(why) => Err(Stop::Fail(Error::new(why))),
            None => Ok(()),
        }
    }

    /// Milliseconds of the next slice; never beyond the deadline.
    fn slice(&mut self) -> u64 {
        self.rounds = self.rounds.saturating_add(1);
        let slice = if self.rounds <= 32 { 1 } else { 8 };
        if self.link.deadline == 0 {
            return slice;
        }
        // SAFETY: C keeps the counter alive longer than any store.
        let now = unsafe { (*self.link.ticks).load(Relaxed) };
        slice.min(self.link.deadline.saturating_sub(now)).max(1)
    }

    /// Sleep one slice, at most `left`.
    fn sleep(&mut self, left: Duration) {
        std::thread::sleep(left.min(Duration::from_millis(self.slice())));
    }

    /// Wait until poll(2) has something to say of the descriptor.
    pub fn until_ready(&mut self, fd: i32, events: i16) -> Result<(), Stop> {
        loop {
            self.check()?;
            let slice = self.slice() as i32;
            if ask(&mut [libc::pollfd { fd, events, revents: 0 }], slice) {
                return Ok(());
            }
        }
    }
}

/// poll(2); whether anything is ready.
fn ask(fds: &mut [libc::pollfd], milliseconds: i32) -> bool {
    // SAFETY: the array is ours.
    unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, milliseconds) > 0 }
}

pub fn sched_yield(link: &Link) -> Result<i32, Stop> {
    Nap::new(link).check()?;
    std::thread::yield_now();
    Ok(0)
}

/// A subscription, decoded.
#[derive(Clone, Copy)]
enum What {
    Timer(u64), // ns from the start of the call
    Fd { ready: Ready, writing: bool },
}

struct Wait {
    userdata: u64,
    what: What,
}

/// What is known of a file: bytes to its end.
fn file_rest(state: &mut State, memory: &mut GuestMemory<'_>, fd: u32) -> Result<Ready, Stop> {
    let at = state.ctx.fd_tell(memory, fd.into())?;
    let size = super::functions::done(state.ctx.fd_filestat_get(memory, fd.into()))??.size;
    let bytes = size.saturating_sub(at);
    Ok(Ready::Yes { bytes, hangup: bytes == 0 })
}

fn decode(
    state: &mut State,
    memory: &mut GuestMemory<'_>,
    subscription: Subscription,
) -> Result<Wait, Stop> {
    let what = match subscription.u {
        SubscriptionU::Clock(clock) => {
            let which = match clock.id {
                Clockid::Realtime => Which::Wall,
                Clockid::Monotonic => Which::Monotonic,
                _ => return Err(Errno::Inval.into()),
            };
            let absolute = clock.flags.contains(Subclockflags::SUBSCRIPTION_CLOCK_ABSTIME);
            let from = if absolute { state.clocks.peek(which) } else { 0 };
            What::Timer(clock.timeout.saturating_sub(from))
        }
        SubscriptionU::FdRead(sub) => {
            let fd = u32::from(sub.file_descriptor);
            let ready = match state.fds.kind(fd as i32)? {
                Kind::Input => state.streams.readable(),
                Kind::File => file_rest(state, memory, fd)?,
                _ => return Err(Errno::Badf.into()),
            };
            What::Fd { ready, writing: false }
        }
        SubscriptionU::FdWrite(sub) => {
            let ready = match state.fds.kind(u32::from(sub.file_descriptor) as i32)? {
                Kind::Output(index) => state.streams.writable(index),
                Kind::File => Ready::Yes { bytes: 65536, hangup: false },
                _ => return Err(Errno::Badf.into()),
            };
            What::Fd { ready, writing: true }
        }
    };
    Ok(Wait { userdata: subscription.userdata, what })
}

fn event(wait: &Wait, error: Errno, bytes: u64, hangup: bool) -> Event {
    let type_ = match wait.what {
        What::Timer(_) => Eventtype::Clock,
        What::Fd { writing: false, .. } => Eventtype::FdRead,
        What::Fd { writing: true, .. } => Eventtype::FdWrite,
    };
    let flags = match hangup {
        true => Eventrwflags::FD_READWRITE_HANGUP,
        false => Eventrwflags::empty(),
    };
    let fd_readwrite = EventFdReadwrite { nbytes: bytes, flags };
    Event { userdata: wait.userdata, error, type_, fd_readwrite }
}

/// What poll(2) says of a stream of the process.
fn asked(fd: i32, writing: bool) -> Option<bool> {
    let events = if writing { libc::POLLOUT } else { libc::POLLIN };
    let mut one = [libc::pollfd { fd, events, revents: 0 }];
    ask(&mut one, 0).then(|| one[0].revents & libc::POLLHUP != 0)
}

/// The event of a subscription after `elapsed` ns, if it has happened.
fn happened(wait: &Wait, elapsed: u64) -> Option<Event> {
    let ok = Errno::Success;
    match wait.what {
        What::Timer(ns) => (ns <= elapsed).then(|| event(wait, ok, 0, false)),
        What::Fd { ready: Ready::Yes { bytes, hangup }, .. } => {
            Some(event(wait, ok, bytes, hangup))
        }
        What::Fd { ready: Ready::Ask(fd), writing } => {
            asked(fd, writing).map(|hangup| event(wait, ok, 1, hangup))
        }
        What::Fd { ready: Ready::No, .. } => None,
    }
}

/// What is left to wait for that can happen while the guest waits.
struct Hopes {
    timer: Option<u64>, // ns from the start of the call
    fds: Vec<libc::pollfd>,
}

impl Hopes {
    fn new(waits: &[Wait]) -> Self {
        let mut hopes = Hopes { timer: None, fds: Vec::new() };
        for wait in waits {
            match wait.what {
                What::Timer(ns) => hopes.timer = Some(hopes.timer.map_or(ns, |t| t.min(ns))),
                What::Fd { ready: Ready::Ask(fd), writing } => {
                    let events = if writing { libc::POLLOUT } else { libc::POLLIN };
                    // Three streams: no need to ask twice for one.
                    if !hopes.fds.iter().any(|p| p.fd == fd) {
                        hopes.fds.push(libc::pollfd { fd, events, revents: 0 });
                    }
                }
                What::Fd { .. } => {}
            }
        }
        hopes
    }

    fn none(&self) -> bool {
        self.timer.is_none() && self.fds.is_empty()
    }

    /// Wait one slice.
    fn wait(&mut self, nap: &mut Nap<'_>, elapsed: u64) {
        let left = self.timer.map_or(u64::MAX, |t| t.saturating_sub(elapsed));
        if self.fds.is_empty() {
            return nap.sleep(Duration::from_nanos(left));
        }
        let slice = nap.slice().min(left.div_ceil(1_000_000));
        ask(&mut self.fds, slice as i32);
    }
}

/// The events that have happened, after waiting for at least one.
fn wait_for(state: &mut State, link: &Link, waits: &[Wait]) -> Result<Vec<Event>, Stop> {
    let mut hopes = Hopes::new(waits);
    let mut nap = Nap::new(link);
    let start = Instant::now();
    let mut elapsed = 0;
    loop {
        nap.check()?;
        let events: Vec<Event> = waits.iter().filter_map(|w| happened(w, elapsed)).collect();
        if !events.is_empty() {
            if let Some(ns) = hopes.timer.filter(|ns| *ns <= elapsed) {
                state.clocks.passed(ns, state.sleep);
            }
            return Ok(events);
        }
        if hopes.none() {
            // Only the host can change a ring, and it waits for the guest.
            return Ok(waits.iter().map(|w| event(w, Errno::Again, 0, false)).collect());
        }
        elapsed = match hopes.timer {
            Some(ns) if !state.sleep => ns,
            _ => {
                hopes.wait(&mut nap, elapsed);
                u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
            }
        };
    }
}

pub fn poll_oneoff(
    state: &mut State,
    memory: &mut GuestMemory<'_>,
    link: &Link,
    args: [i32; 4],
) -> Result<i32, Stop> {
    let [subscriptions, events, count, out] = args.map(|arg| arg as u32);
    if count == 0 || count > MAX_SUBSCRIPTIONS {
        return Err(Errno::Inval.into());
    }
    // Bad addresses are refused before anything is waited for.
    memory.as_slice_mut(GuestPtr::new((events, count * EVENT_BYTES)))?;
    memory.as_slice_mut(GuestPtr::new((out, 4)))?;
    let mut waits = Vec::new();
    for pointer in GuestPtr::<[Subscription]>::new((subscriptions, count)).iter() {
        let subscription = memory.read(pointer?)?;
        waits.push(decode(state, memory, subscription)?);
    }
    let happened = wait_for(state, link, &waits)?;
    let written = happened.len() as u32;
    let slots = GuestPtr::<[Event]>::new((events, count));
    for (slot, event) in slots.iter().zip(happened) {
        memory.write(slot?, event)?;
    }
    memory.write(GuestPtr::<u32>::new(out), written)?;
    Ok(0)
}
