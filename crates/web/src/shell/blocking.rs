//! Work that blocks (the core is synchronous) runs on threads of its own, a bounded number at a time, with a bounded
//! queue before it. When the queue is full the answer is 503 at once, not a page that never comes.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Semaphore;

use super::{ports::Fault, problem::Problem};

/// The threads and the queue.
#[derive(Debug)]
pub struct Blocking {
    threads: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    queue_max: usize,
}

/// One place in the queue; given back when dropped, also when the client has gone.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Blocking {
    /// At most `threads` at work and `queue_max` waiting.
    pub fn new(threads: usize, queue_max: usize) -> Self {
        Self { threads: Arc::new(Semaphore::new(threads.max(1))), waiting: Arc::default(), queue_max }
    }

    /// Runs `work` on a thread that may block. Work that has begun is finished even when the client leaves.
    ///
    /// A full queue is a problem with 503; a panic of `work` is a fault.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let permit = match self.threads.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let place = Place(self.waiting.clone());
                if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.queue_max {
                    return Err(Problem::away(2));
                }
                let permit = self.threads.clone().acquire_owned().await;
                drop(place);
                permit.map_err(|_| Problem::away(2))?
            }
        };
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|_| {
            let said: Fault = Arc::new(std::io::Error::other("blocking work panicked or was stopped"));
            Problem::fault(said)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn one_works_one_waits_and_the_third_is_told() {
        let blocking = Arc::new(Blocking::new(1, 1));
        let (go, wait) = mpsc::channel::<()>();
        let (began, begun) = tokio::sync::oneshot::channel();
        let first = tokio::spawn({
            let blocking = blocking.clone();
            async move {
                let work = move || {
                    let _ = began.send(());
                    wait.recv().is_ok()
                };
                blocking.run(work).await
            }
        });
        begun.await.unwrap();
        let second = tokio::spawn({
            let blocking = blocking.clone();
            async move { blocking.run(|| 2).await }
        });
        while blocking.waiting.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        let third = blocking.run(|| 3).await.unwrap_err();
        assert_eq!((third.status().as_u16(), third.retry_after()), (503, Some(2)));
        go.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        assert_eq!(second.await.unwrap().unwrap(), 2);
        assert_eq!(blocking.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_and_frees_the_thread() {
        let blocking = Blocking::new(1, 0);
        let failed = blocking.run(|| assert_eq!(1, 2)).await.unwrap_err();
        assert_eq!(failed.status().as_u16(), 500);
        assert_eq!(blocking.run(|| 7).await.unwrap(), 7);
    }
}
