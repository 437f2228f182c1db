use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::batch::Batch;
use crate::DataError;

type Outcome = Result<Batch, DataError>;

/// Hands out the numbers of the batches and takes the batches back in order, with a bounded
/// number between the two.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    n_batches: usize,
    /// Batches that may be begun and not yet delivered.
    window: usize,
}

#[derive(Debug, Default)]
struct State {
    begun: usize,
    delivered: usize,
    ready: BTreeMap<usize, Outcome>,
    is_stopped: bool,
}

impl Queue {
    pub(super) fn new(n_batches: usize, window: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), n_batches, window }
    }

    /// A panic cannot leave the state half changed, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// The next batch to work on, as soon as there is room for it; `None` if there is none left.
    pub(super) fn begin(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.is_stopped || state.begun >= self.n_batches {
                return None;
            }
            if state.begun < state.delivered + self.window {
                state.begun += 1;
                return Some(state.begun - 1);
            }
            state = self.wait(state);
        }
    }

    pub(super) fn finish(&self, number: usize, outcome: Outcome) {
        self.lock().ready.insert(number, outcome);
        self.changed.notify_all();
    }

    /// The next batch in order, as soon as it is there; `None` after the last.
    pub(super) fn deliver(&self) -> Option<Outcome> {
        let mut state = self.lock();
        loop {
            if state.is_stopped || state.delivered >= self.n_batches {
                return None;
            }
            let number = state.delivered;
            if let Some(outcome) = state.ready.remove(&number) {
                state.delivered += 1;
                self.changed.notify_all();
                return Some(outcome);
            }
            state = self.wait(state);
        }
    }

    pub(super) fn stop(&self) {
        self.lock().is_stopped = true;
        self.changed.notify_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.lock().is_stopped
    }
}
