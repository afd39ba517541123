//! The server behind nginx, with the configuration in `docs/nginx.conf`: TLS, a path prefix, buffering, and a rolling restart.

use std::{
    fs,
    io::{BufRead, BufReader, Lines, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    clients::{changing, passes},
    import_export::Set,
    process::{LONG, Place, Served, finished, free_port, kill, node, node_command},
    support::backends,
};

const FOLDER: &str = "tests/clients";
const PREFIX: &str = "/cooperation";
/// More than the `keepalive_timeout` of the configuration.
const DELAY: &str = "3000";

/// A private nginx; it ends with the test.
struct Nginx {
    child: Child,
    port: u16,
    certificate: String,
}

impl Nginx {
    /// Starts nginx in front of two servers.
    fn start(place: &Place, servers: &[Served; 2]) -> Self {
        let directory = place.path("nginx");
        fs::create_dir(&directory).expect("a directory");
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
        openssl.args(["-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost"]);
        openssl.args(["-addext", "subjectAltName=DNS:localhost"]).current_dir(&directory);
        let made = finished(piped(openssl), LONG);
        assert!(made.status.success(), "{made:?}");
        let port = free_port();
        let documented = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/nginx.conf"));
        let mut text = documented.expect("docs/nginx.conf");
        for (example, here) in [
            ("listen 443 ssl", format!("listen 127.0.0.1:{port} ssl")),
            ("127.0.0.1:8001 ", format!("{} ", servers[0].address)),
            ("127.0.0.1:8002 ", format!("{} ", servers[1].address)),
        ] {
            assert!(text.contains(example), "{example}");
            text = text.replace(example, &here);
        }
        // All that it writes is in the directory, and there is one process, which does not change the user.
        let paths: String = ["client_body", "proxy", "fastcgi", "scgi", "uwsgi"]
            .map(|name| format!("{name}_temp_path {name};\n"))
            .concat();
        let whole = format!(
            "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr warn;\nevents {{ worker_connections 1024; }}\n\
             http {{\naccess_log off;\n{paths}{text}\n}}\n"
        );
        fs::write(directory.join("nginx.conf"), whole).expect("a configuration");
        let mut command = Command::new(program());
        // Neither its own folder nor its own log is for everyone.
        command.arg("-p").arg(&directory).args(["-c", "nginx.conf", "-e", "stderr"]).stdin(Stdio::null());
        let child = command.spawn().expect("nginx");
        let mut nginx = Self { child, port, certificate: directory.join("cert.pem").display().to_string() };
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(nginx.child.try_wait().expect("a status").is_none(), "nginx has ended");
            assert!(started.elapsed() < LONG, "nginx does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        nginx
    }

    /// Its address, with the prefix.
    fn base(&self) -> String {
        format!("https://localhost:{}{PREFIX}", self.port)
    }

    fn stop(mut self) {
        kill("QUIT", self.child.id());
        assert!(self.child.wait().expect("its end").success());
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Debian keeps it where not everyone's PATH leads.
fn program() -> &'static str {
    if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" }
}

fn piped(mut command: Command) -> Command {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A server of a pair on the same database; it is started again on the same port.
fn serve(place: &Place, port: u16) -> Served {
    let address = format!("127.0.0.1:{port}");
    let mut command = place.command(&["serve", "--listen", &address, "--database-url", &place.url, "--trust-proxy"]);
    command.args(["--path-prefix", PREFIX, "--shutdown-delay-ms", DELAY]).env("COOPGRAPH_RATE_LIMIT", "0");
    Served::start(command)
}

fn pair(place: &Place) -> [Served; 2] {
    // One after the other: the first one makes the tables.
    [(); 2].map(|()| serve(place, free_port()))
}

/// Requests, event streams, `WebSockets` and pages, as a client sees them behind nginx.
#[tokio::test(flavor = "multi_thread")]
async fn everything_works_behind_nginx() {
    for backend in backends() {
        let place = Place::new(backend).await;
        let servers = pair(&place);
        let nginx = Nginx::start(&place, &servers);
        let set = Set::bundled();
        let change = changing(&place, &set);
        let settings = [
            ("BASE_URL", &*nginx.base()),
            ("NODE_EXTRA_CA_CERTS", &nginx.certificate),
            ("CHANGE_COMMAND", &change),
            ("DEADLINE_MS", "60000"),
        ];
        passes(&node(FOLDER, &["--test-reporter=tap", "proxy.test.mjs"], &settings), 6, 0);
        nginx.stop();
        servers.into_iter().for_each(Served::stop);
    }
}

/// Requests that a script sends all the time; it ends with the test.
struct Load {
    child: Child,
    orders: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Load {
    fn start(nginx: &Nginx, change: &str) -> Self {
        let base = nginx.base();
        let settings = [
            ("BASE_URL", &*base),
            ("NODE_EXTRA_CA_CERTS", &nginx.certificate),
            ("CHANGE_COMMAND", change),
            ("DEADLINE_MS", "60000"),
        ];
        let mut command = node_command(FOLDER, &["load.mjs"], &settings);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("node");
        let orders = child.stdin.take().expect("its input");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut load = Self { child, orders, lines };
        assert_eq!(load.line(), "begun");
        load
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("a text")
    }

    fn order(&mut self, order: &str) -> String {
        writeln!(self.orders, "{order}").expect("it listens");
        self.line()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// While requests arrive all the time, one server after the other is stopped and started again. None fails, and subscriptions
/// go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_fails_no_request() {
    for backend in backends() {
        let place = Place::new(backend).await;
        let servers = pair(&place);
        let nginx = Nginx::start(&place, &servers);
        let set = Set::bundled();
        let mut load = Load::start(&nginx, &changing(&place, &set));
        let servers = servers.map(|server| {
            let port = server.address.port();
            server.stop();
            let again = serve(&place, port);
            assert_eq!(load.order("round"), "answered");
            again
        });
        let counts = load.order("stop");
        assert!(counts.ends_with(" answered, 0 failed"), "{backend}: {counts}");
        drop(load);
        nginx.stop();
        servers.into_iter().for_each(Served::stop);
    }
}
