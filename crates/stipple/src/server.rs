//! One server: the use cases' environment, the pages, the shell, and two workers for what happens later.

use std::{
    io,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use app::{
    Acting, Chance, Clock, Env, Failure, diary::DiaryCache, env::LinkKey, jobs::Outlet,
    protocols::ProtocolInForce,
};
use store::{Store, StoreLocation};
use vocab::ClinicId;
use web::{
    pages::problems::show::SiteProblems,
    routes,
    shell::{Limits, Log, Ports, Shell, ShellConfig, WriterLog, listen, log_panics, serve},
    site::ClinicWords,
    state::{StoredSessions, Web},
};

use crate::machine::Machine;

/// So often the worker looks for what is due when nothing wakes it.
const TICK: Duration = Duration::from_millis(500);
/// How long it rests when more waits than it does at a time: whoever books at this moment waits for the answer, a letter
/// does not.
const REST: Duration = Duration::from_millis(100);
/// Every so many ticks what has run out is freed and forgotten.
const SWEEP_TICKS: u32 = 40;

/// Where the data are: a file in the folder, or a PostgreSQL server.
pub fn location(folder: &Path, database: Option<&str>) -> StoreLocation {
    match database {
        Some(url) => StoreLocation::Postgres { url: url.to_owned(), schema: None },
        None => StoreLocation::Sqlite { path: folder.join("stipple.sqlite") },
    }
}

/// An environment over an open store.
pub fn env(
    store: Store,
    clinic_id: ClinicId,
    protocol: ProtocolInForce,
    chance: Arc<dyn Chance>,
    secret: [u8; 32],
    public_url: &str,
) -> Env {
    let clock: Arc<dyn Clock> = Arc::new(Machine::new());
    Env {
        store: Arc::new(store),
        clock,
        chance,
        clinic_id,
        protocol: Arc::new(protocol),
        diary: Arc::new(DiaryCache::new()),
        link_key: LinkKey::new(secret),
        public_url: public_url.into(),
    }
}

/// Refuses to serve with another secret than the clinic's links were made with, unless it is to replace that.
pub fn keep_secret(env: &Env, acting: &Acting, replaces: bool) -> Result<(), String> {
    match app::settings::keep_secret(env, acting, replaces).map_err(|failure| said(&failure))? {
        true => Ok(()),
        false => Err("this folder's secret.key is not the one that the links in e-mails were made with. Copy secret.key \
                      here from the data folder of the server that serves this database, or served it before. If it is \
                      lost, start once with `stipple serve --new-secret`: links that were sent until now will lead nowhere"
            .into()),
    }
}

/// How one server is run.
pub struct Running {
    /// The environment.
    pub env: Env,
    /// The clinic's own words.
    pub words: ClinicWords,
    /// The shell's numbers.
    pub config: ShellConfig,
    /// The server's own secret.
    pub secret: [u8; 32],
    /// How mail leaves.
    pub outlet: Arc<dyn Outlet>,
}

impl Running {
    /// Serves on `address` until the process is asked to stop. `ready` is called with the address once it listens.
    pub fn run(self, address: SocketAddr, ready: impl FnOnce(SocketAddr)) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("threads cannot be started: {error}"))?;
        let log = Arc::new(
            WriterLog::start(io::stderr()).map_err(|error| format!("the log cannot be written: {error}"))?,
        );
        log_panics(log.clone(), Arc::new(Machine::new()));
        let diary = app::diary::refresh(&self.env)
            .map_err(|failure| format!("the diary cannot be loaded: {}", said(&failure)))?;
        let site = web::site::site(&self.words, &diary.rules, &self.env.protocol.protocol)?;
        let is_demo = diary.rules.clinic.is_demo;
        let site = Arc::new(site);
        let ports = Ports {
            clock: Arc::new(Machine::new()),
            random: Arc::new(Machine::new()),
            log: log.clone(),
            sessions: Arc::new(StoredSessions(self.env.clone())),
            pages: Arc::new(SiteProblems(site.clone())),
            secret: self.secret,
        };
        let shell = Shell::new(self.config, ports);
        let web = Web { env: self.env.clone(), shell: shell.clone(), site };
        let router = routes::all(shell.clone(), is_demo).into_router(web);
        let mail = Worker::start_mail(self.env.clone(), self.outlet, log.clone());
        let worker = Worker::start(self.env, log);
        let served = runtime.block_on(async {
            let listener = listen(address).map_err(|error| match error.kind() {
                io::ErrorKind::AddrInUse => {
                    format!("{address} is in use: stop what listens there, or choose another port")
                }
                _ => format!("{address} cannot be listened on: {error}"),
            })?;
            let bound = listener.local_addr().map_err(|error| error.to_string())?;
            ready(bound);
            serve(listener, router, shell, stop_asked()).await;
            Ok(())
        });
        worker.stop();
        mail.stop();
        served
    }
}

/// A failure in words, for somebody with a shell on the server.
pub fn said(failure: &app::Failure) -> String {
    match failure {
        app::Failure::Fault(fault) => fault.to_string(),
        app::Failure::Refused(refusal) => refusal.words().0,
        app::Failure::NotFound => "it is not there".into(),
        app::Failure::Form(errors) => errors.iter().map(|(_, message)| message).collect::<Vec<_>>().join(" "),
    }
}

async fn stop_asked() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// A thread that does rounds of work. There are two: one writes letters, offers what came free and frees what has run out,
/// after it has taken the room the database needs; the other sends mail, and may wait for other people's servers.
struct Worker {
    stop: mpsc::Sender<()>,
    /// Hears of the end of the thread, by nobody speaking any more.
    ended: mpsc::Receiver<()>,
}

/// So long the end of a worker is waited for. A letter that a mail server holds up for longer is tried again after its
/// lease, with the same message id.
const STOP_WAIT: Duration = Duration::from_secs(10);

impl Worker {
    /// The one that waits for nobody.
    fn start(env: Env, log: Arc<dyn Log>) -> Self {
        Self::spawn("worker", move |stopped| {
            env.store.make_room();
            each_tick(stopped, &*log, |tick| round(&env, &*log, tick));
        })
    }

    /// The one that sends mail.
    fn start_mail(env: Env, outlet: Arc<dyn Outlet>, log: Arc<dyn Log>) -> Self {
        Self::spawn("mail", move |stopped| {
            each_tick(stopped, &*log, |_| mail_round(&env, &*outlet, &*log));
        })
    }

    fn spawn(name: &str, work: impl FnOnce(&mpsc::Receiver<()>) + Send + 'static) -> Self {
        let (stop, stopped) = mpsc::channel();
        let (speaks, ended) = mpsc::channel();
        // If there can be no thread there is none to wait for either.
        let _ = thread::Builder::new().name(name.into()).spawn(move || {
            let _speaks: mpsc::Sender<()> = speaks;
            work(&stopped);
        });
        Self { stop, ended }
    }

    fn stop(self) {
        // If the thread is gone already there is nobody to tell.
        let _ = self.stop.send(());
        let _ = self.ended.recv_timeout(STOP_WAIT);
    }
}

/// Does rounds of work until told to stop, sooner again after one that says that more waits. Whatever one round meets, the
/// next one is done.
fn each_tick(stopped: &mpsc::Receiver<()>, log: &dyn Log, mut round: impl FnMut(u32) -> bool) {
    let mut tick = 0_u32;
    loop {
        let busy = catch_unwind(AssertUnwindSafe(|| round(tick))).unwrap_or_else(|_| {
            log.line("level=error at=worker what=\"a round of work panicked\"".into());
            false
        });
        tick = tick.wrapping_add(1);
        let wait = if busy { REST } else { TICK };
        match stopped.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// What the worker does each time: letters and offers, now and then what has run out, and a look at what other servers on
/// the same database changed. Whether more waits already.
fn round(env: &Env, log: &dyn Log, tick: u32) -> bool {
    let note =
        |at: &str, failure: &Failure| log.line(format!("level=error at={at} what={:?}", said(failure)));
    let done = app::jobs::do_due(env, &|mishap| log.line(mishap.to_string()));
    if let Err(failure) = &done {
        note("jobs", failure);
    }
    if tick.is_multiple_of(SWEEP_TICKS)
        && let Err(failure) = app::jobs::sweep(env)
    {
        note("sweep", &failure);
    }
    if let Err(failure) = app::diary::refresh(env) {
        note("diary", &failure);
    }
    done.unwrap_or(false)
}

/// Sends the mail that is due; whether more waits already.
fn mail_round(env: &Env, outlet: &dyn Outlet, log: &dyn Log) -> bool {
    app::jobs::send_due(env, outlet, &|mishap| log.line(mishap.to_string())).unwrap_or_else(|failure| {
        log.line(format!("level=error at=mail what={:?}", said(&failure)));
        false
    })
}

/// The shell's numbers for a demo on loopback; without limits only for measuring.
pub fn demo_config(limits: bool) -> ShellConfig {
    let config = ShellConfig::demo();
    if limits {
        config
    } else {
        ShellConfig { limits: Limits::free(), form_age: (Duration::ZERO, config.form_age.1), ..config }
    }
}

/// Opens the store, with what to do if it cannot be opened.
pub fn open(location: &StoreLocation) -> Result<Store, String> {
    Store::open(location).map_err(|error| format!("the database cannot be opened: {error}"))
}

/// The clinic in the database: the only one, or none.
pub fn clinic_in(store: &Store) -> Result<Option<ClinicId>, String> {
    let ids = store.read(store::clinics::ids).map_err(|error| error.to_string())?;
    Ok(ids.into_iter().next())
}

/// A path as people read it.
pub fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Debug, Default)]
    struct Lines(Mutex<Vec<String>>);

    impl Log for Lines {
        fn line(&self, line: String) {
            self.0.lock().unwrap().push(line);
        }
    }

    #[test]
    fn a_round_that_panics_does_not_end_the_work() {
        let (stop, stopped) = mpsc::channel();
        let (say, said) = mpsc::channel();
        let log = Arc::new(Lines::default());
        let worker = thread::spawn({
            let log = Arc::clone(&log);
            move || {
                each_tick(&stopped, &*log, |tick| {
                    say.send(tick).unwrap();
                    assert!(tick != 0, "the first round goes wrong");
                    true
                });
            }
        });
        assert_eq!((said.recv(), said.recv(), said.recv()), (Ok(0), Ok(1), Ok(2)));
        stop.send(()).unwrap();
        worker.join().unwrap();
        assert_eq!(log.0.lock().unwrap().len(), 1);
    }

    /// A mail server that takes as long as the test wants.
    struct Slow {
        begun: Mutex<mpsc::Sender<()>>,
        go: Mutex<mpsc::Receiver<()>>,
    }

    impl Outlet for Slow {
        fn send(&self, _: &notify::Message) -> Result<(), notify::SendError> {
            self.begun.lock().unwrap().send(()).unwrap();
            // The test may be over by now.
            let _ = self.go.lock().unwrap().recv();
            Ok(())
        }
    }

    #[test]
    fn a_mail_server_that_does_not_answer_keeps_no_other_work_from_being_done() {
        let place = tempfile::tempdir().unwrap();
        let store = open(&location(place.path(), None)).unwrap();
        let protocol = crate::protocols::shipped().unwrap();
        let chance = Arc::new(app::demo::SeededChance::new(5));
        let env = env(store, ClinicId::from_bits(1), protocol, chance, [5; 32], "http://127.0.0.1:8080");
        let by = |actor| Acting { actor, operation_id: vocab::OperationId::from_bits(1) };
        app::demo::fill(&env, &by(app::Actor::System), 1, || "even small dots".into()).unwrap();
        let ask = |form: u128| {
            let contact = app::people::Contact {
                name: "Ada".into(),
                email: Some("ada@example.org".parse().unwrap()),
                phone: String::new(),
            };
            app::enquiries::send(&env, &by(app::Actor::Visitor), form, contact, "Does it hurt?".into())
                .unwrap();
        };
        let written = || app::jobs::newest_messages(&env, &by(app::Actor::Visitor), 1_000).unwrap().len();
        let ((begun, has_begun), (go, may_go)) = (mpsc::channel(), mpsc::channel());
        let outlet = Arc::new(Slow { begun: Mutex::new(begun), go: Mutex::new(may_go) });
        let log = Arc::new(Lines::default());
        ask(1);
        let mail = Worker::start_mail(env.clone(), outlet, log.clone());
        let worker = Worker::start(env.clone(), log);
        has_begun.recv_timeout(Duration::from_secs(30)).unwrap();
        let before = written();
        ask(2);
        // Nothing more is begun while the first is on its way: each of these waits its whole term.
        let waits = || has_begun.recv_timeout(Duration::from_millis(50)).is_err();
        assert!((0..600).any(|_| waits() && written() > before), "the letters are written meanwhile");
        drop(go);
        worker.stop();
        mail.stop();
    }
}
