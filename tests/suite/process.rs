//! Processes that tests start: the command, and scripts for Node.js.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    import_export::csv_files,
    support::{Backend, Data, TestDatabase},
};

/// No test waits longer for a process.
pub const LONG: Duration = Duration::from_mins(1);

/// Where a command runs: a directory of its own, and a database without tables.
pub struct Place {
    directory: tempfile::TempDir,
    pub url: String,
    /// Keeps PostgreSQL's database.
    _database: Option<TestDatabase>,
}

impl Place {
    pub async fn new(backend: Backend) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let (url, database) = match backend {
            Backend::Sqlite => (format!("sqlite://{}", directory.path().join("x.db").display()), None),
            Backend::Postgres => {
                let made = TestDatabase::new(backend, Data::Empty).await;
                made.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
                (made.url.clone(), Some(made))
            }
        };
        Self { directory, url, _database: database }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The command, with nothing of this process's settings. A server loads the smaller of the bundled sets, which is quick.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coopgraph"));
        command
            .args(args)
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text == "DATABASE_URL" || text.starts_with("COOPGRAPH_") || text.starts_with("OTEL_") {
                command.env_remove(name);
            }
        }
        command.env("COOPGRAPH_SAMPLE_DATA", "finland-china");
        command
    }

    /// A command on the place's database.
    pub fn on_database(&self, args: &[&str]) -> Command {
        let mut command = self.command(args);
        command.env("DATABASE_URL", &self.url);
        command
    }

    /// Runs a command on the place's database to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        finished(self.on_database(args), LONG)
    }

    /// What a command prints that must succeed.
    pub fn prints(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    pub fn serve(&self, more: &[&str]) -> Served {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(["--database-url", &self.url]).args(more);
        Served::start(command)
    }

    pub fn exported(&self) -> crate::import_export::Contents {
        self.prints(&["export", "--content-only", "out"]);
        csv_files(&self.path("out"))
    }
}

/// A port of this machine that stays free until someone listens on it: below those that Linux hands out for outgoing
/// connections.
pub fn free_port() -> u16 {
    use std::hash::{BuildHasher, RandomState};
    loop {
        // A new state is random.
        let number = RandomState::new().hash_one(0) % 12_000;
        let port = 20_000 + u16::try_from(number).expect("a small number");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Runs a command to its end; one that goes on, such as a server that should have refused, fails the test.
pub fn finished(mut command: Command, limit: Duration) -> Output {
    let child = command.spawn().expect("the command");
    let id = child.id();
    let (done, output) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    let output = output.recv_timeout(limit).unwrap_or_else(|_| {
        kill("KILL", id);
        panic!("it does not end: {command:?}")
    });
    output.expect("its output")
}

pub fn kill(signal: &str, process: u32) {
    let done = Command::new("sh").args(["-c", &format!("kill -{signal} {process}")]).status();
    assert!(done.expect("sh").success());
}

/// A running server; it is killed if a test ends before it does.
pub struct Served {
    pub child: Child,
    pub lines: std::io::Lines<BufReader<ChildStdout>>,
    /// What it printed until it listened.
    pub printed: Vec<String>,
    pub address: SocketAddr,
}

impl Served {
    pub fn start(mut command: Command) -> Self {
        command.env("COOPGRAPH_LOG", "warn");
        Self::logging(command, Stdio::inherit())
    }

    /// Starts a server whose log goes somewhere.
    pub fn logging(mut command: Command, log: impl Into<Stdio>) -> Self {
        let mut child = command.stderr(log).spawn().expect("a server");
        let stdout = child.stdout.take().expect("its output");
        let mut lines = BufReader::new(stdout).lines();
        let mut printed = Vec::new();
        let address = loop {
            let line = lines.next().unwrap_or_else(|| panic!("no server: {printed:?}"));
            printed.push(line.expect("a line"));
            let last = printed.last().expect("a line");
            // The last of the lines of addresses.
            if last.starts_with("health") {
                let (_, rest) = last.split_once("http://").expect("an address");
                break rest.split('/').next().expect("an address").parse().expect("an address");
            }
        };
        Self { child, lines, printed, address }
    }

    /// Its address, as a URL.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The addresses that it printed.
    pub fn urls(&self) -> Vec<String> {
        let words = self.printed.iter().flat_map(|line| line.split([' ', ',']));
        words.filter(|word| word.starts_with("http://")).map(str::to_owned).collect()
    }

    pub async fn ask(&self, query: &str) -> Value {
        let client = reqwest::Client::new();
        let url = format!("http://{}/graphql", self.address);
        let answer = client.post(url).json(&json!({ "query": query })).send().await;
        let text = answer.expect("an answer").text().await.expect("a text");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The memory that it holds, in MiB.
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("Linux");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
    }

    pub fn signal(&self, name: &str) {
        kill(name, self.child.id());
    }

    /// Waits until it ends, which must be soon and well.
    pub fn ended(mut self) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                assert_eq!(status.code(), Some(0));
                return;
            }
            assert!(start.elapsed() < LONG, "it does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn stop(self) {
        self.signal("TERM");
        self.ended();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long a script may take.
const SCRIPT: Duration = Duration::from_mins(5);

/// A script for Node.js in a folder of the repository.
pub fn node_command(folder: &str, args: &[&str], settings: &[(&str, &str)]) -> Command {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let installed = directory.join("node_modules").is_dir();
    assert!(installed, "{folder}/node_modules is missing: run scripts/test, or `npm ci` in {folder}");
    script(Command::new("node"), &directory, args, settings)
}

/// A script for Python in a folder of the repository, with the packages of that folder.
pub fn python_command(folder: &str, args: &[&str], settings: &[(&str, &str)]) -> Command {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let python = directory.join(".venv/bin/python");
    assert!(python.exists(), "{folder}/.venv is missing: run scripts/test");
    script(Command::new(python), &directory, args, settings)
}

fn script(mut command: Command, directory: &Path, args: &[&str], settings: &[(&str, &str)]) -> Command {
    command.args(args).current_dir(directory).envs(settings.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a script to its end, and gives what it wrote to its standard output and its standard error; it must succeed.
pub fn ran(script: Command) -> [String; 2] {
    let what = format!("{script:?}");
    let output = finished(script, SCRIPT);
    let [printed, errors] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{what} failed:\n{printed}\n{errors}");
    [printed, errors]
}

/// Runs a script for Node.js, and gives what it printed; it must succeed.
pub fn node(folder: &str, args: &[&str], settings: &[(&str, &str)]) -> String {
    let [printed, _] = ran(node_command(folder, args, settings));
    printed
}
