//! Lines of the log, written by a thread of their own: no request waits for whoever reads them.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

/// How many bytes wait for a slow reader; what comes then is lost.
const MOST: usize = 4 << 20;
/// How long the thread waits for further lines before it writes those that came, all at once.
const LINGER: Duration = Duration::from_millis(10);

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    lost: u64,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes lines; each is one call of `write`.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Shared>);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.lock();
        let first = waiting.lines.is_empty();
        if waiting.lines.len() + line.len() > MOST {
            waiting.lost += 1;
        } else {
            waiting.lines.extend_from_slice(line);
        }
        drop(waiting);
        if first {
            self.0.changed.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The thread that writes lines; dropping it writes those that wait, and ends it.
pub(super) struct Writer {
    lines: Lines,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Writes to `out`, and tells how many lines were lost.
    pub(super) fn to(out: impl Write + Send + 'static, lost: impl Fn(u64) + Send + 'static) -> io::Result<Self> {
        let lines = Lines::default();
        let shared = lines.0.clone();
        let thread = thread::Builder::new().name("log".to_owned()).spawn(move || run(&shared, out, lost))?;
        Ok(Self { lines, thread: Some(thread) })
    }

    pub(super) fn lines(&self) -> Lines {
        self.lines.clone()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.lines.0.lock().closed = true;
        self.lines.0.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It does not panic.
            let _ = thread.join();
        }
    }
}

fn run(shared: &Shared, mut out: impl Write, tell: impl Fn(u64)) {
    let mut lines = Vec::new();
    loop {
        let waiting = shared.lock();
        let waiting = shared.changed.wait_while(waiting, |waiting| waiting.lines.is_empty() && !waiting.closed);
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let lingered = shared.changed.wait_timeout_while(waiting, LINGER, |waiting| !waiting.closed);
        let (mut waiting, _) = lingered.unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut lines, &mut waiting.lines);
        let (lost, closed) = (mem::take(&mut waiting.lost), waiting.closed);
        drop(waiting);
        if closed && lines.is_empty() {
            return;
        }
        // There is nowhere to say that the log cannot be written.
        let _ = out.write_all(&lines);
        let _ = out.flush();
        lines.clear();
        if lost > 0 {
            tell(lost);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicU64, Ordering},
        mpsc,
    };

    use super::*;

    /// What a test reads: each piece that is written, once it is taken.
    struct Slow(mpsc::SyncSender<Vec<u8>>);

    impl Write for Slow {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            self.0.send(piece.to_vec()).map_err(io::Error::other)?;
            Ok(piece.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_waits_is_written_at_the_end() {
        let (sender, pieces) = mpsc::sync_channel(10);
        let writer = Writer::to(Slow(sender), |_| ()).expect("a thread");
        let mut lines = writer.lines();
        lines.write_all(b"one\n").expect("taken");
        lines.write_all(b"two\n").expect("taken");
        drop(writer);
        assert_eq!(pieces.iter().collect::<Vec<_>>().concat(), b"one\ntwo\n");
    }

    /// A reader that stands still holds nobody up, and costs no more memory than is allowed.
    #[test]
    fn what_is_too_much_is_lost_and_told() {
        let (sender, pieces) = mpsc::sync_channel(0);
        let lost = Arc::new(AtomicU64::new(0));
        let told = lost.clone();
        let tell = move |lines| {
            told.fetch_add(lines, Ordering::Relaxed);
        };
        let writer = Writer::to(Slow(sender), tell).expect("a thread");
        let mut lines = writer.lines();
        lines.write_all(b"first\n").expect("taken");
        while !lines.0.lock().lines.is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
        // The thread holds the first line now, and waits for the reader.
        let line = vec![b'x'; MOST / 4];
        for _ in 0..6 {
            lines.write_all(&line).expect("taken");
        }
        let read = thread::spawn(move || pieces.iter().collect::<Vec<_>>().concat());
        drop(writer);
        let text = String::from_utf8(read.join().expect("a text")).expect("UTF-8");
        assert_eq!(text.matches('x').count(), MOST);
        assert_eq!(lost.load(Ordering::Relaxed), 2);
    }
}
