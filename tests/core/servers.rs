//! Servers that a test starts on this machine, and that end with it: Redis (scripts/setup.sh redis), or what NIJIGEN_REDIS
//! names, as valkey-server.

use std::{
    env,
    net::TcpListener,
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// One server; its data is gone when it is dropped.
pub struct Server {
    pub port: u16,
    arguments: Vec<String>,
    process: Child,
    _folder: TempDir,
}

impl Server {
    /// A server with more arguments than it needs.
    pub fn start(more: &[&str]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let [port, bus] = free_ports();
        let given = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir"];
        let mut arguments: Vec<String> = given.map(String::from).to_vec();
        arguments.push(folder.path().to_str().unwrap().into());
        let clustered = more.contains(&"--cluster-enabled");
        arguments.extend([if more.contains(&"--tls-port") { "--port 0".into() } else { format!("--port {port}") }]);
        if clustered {
            arguments.push(format!("--cluster-port {bus}"));
        }
        arguments.extend(more.iter().map(|word| word.replace("PORT", &port.to_string())));
        let process = run(&arguments);
        let server = Server { port, arguments, process, _folder: folder };
        server.wait();
        server
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again after [`Server::kill`], empty.
    pub fn restart(&mut self) {
        self.process = run(&self.arguments);
        self.wait();
    }

    /// It takes connections and answers none, until [`Server::resume`].
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap().success());
    }

    /// What redis-cli says to a command.
    pub fn ask(&self, command: &[&str]) -> String {
        let output = client().args(["-p", &self.port.to_string()]).args(command).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn wait(&self) {
        until("the server listens", || std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Three primaries, each with a replica.
pub struct Cluster(pub Vec<Server>);

impl Cluster {
    pub fn start() -> Cluster {
        let more = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--repl-diskless-sync-delay", "0"];
        let servers: Vec<Server> = (0..6).map(|_| Server::start(&more)).collect();
        let nodes = servers.iter().map(|server| format!("127.0.0.1:{}", server.port));
        let made = client()
            .args(["--cluster", "create"])
            .args(nodes)
            .args(["--cluster-replicas", "1", "--cluster-yes"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
        let cluster = Cluster(servers);
        cluster.wait();
        cluster
    }

    /// Until every server knows that all slots are served, and every replica follows its primary.
    pub fn wait(&self) {
        for server in &self.0 {
            until("the cluster is whole", || server.ask(&["cluster", "info"]).contains("cluster_state:ok"));
            until("the replicas follow", || {
                let about = server.ask(&["info", "replication"]);
                about.contains("role:master") || about.contains("master_link_status:up")
            });
        }
    }

    pub fn url(&self) -> String {
        self.0[0].url()
    }

    /// All servers' addresses.
    pub fn urls(&self) -> String {
        self.0.iter().map(Server::url).collect::<Vec<_>>().join(",")
    }

    /// The number of a server that is a primary.
    pub fn primary(&self) -> usize {
        self.0.iter().position(|server| server.ask(&["role"]).starts_with("master")).unwrap()
    }

    /// Until another has taken over the slots of the one that was killed.
    pub fn recover(&self, killed: usize) {
        for (at, server) in self.0.iter().enumerate() {
            if at != killed {
                until("a replica takes over", || {
                    let nodes = server.ask(&["cluster", "nodes"]);
                    let serve = |line: &&str| line.contains("master") && !line.contains("fail") && line.contains('-');
                    let serving = nodes.lines().filter(serve).filter(|line| line.split(' ').count() > 8).count();
                    serving == 3 && server.ask(&["cluster", "info"]).contains("cluster_state:ok")
                });
            }
        }
    }
}

fn run(arguments: &[String]) -> Child {
    // The server is the same program under its other name, and there where only Debian's redis-tools are.
    let program = env::var_os("NIJIGEN_REDIS").unwrap_or_else(|| "redis-check-rdb".into());
    let words = arguments.iter().flat_map(|word| match word.split_once(' ') {
        Some((name, value)) => vec![name, value],
        None => vec![word.as_str()],
    });
    let mut command = Command::new(&program);
    command.arg0("redis-server").args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap_or_else(|error| panic!("{}: {error}; scripts/setup.sh redis installs it", program.display()))
}

fn client() -> Command {
    Command::new("redis-cli")
}

/// Two that nobody listens at; the cluster's own talk goes over the second.
fn free_ports() -> [u16; 2] {
    let taken = [0, 0].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    taken.map(|listener| listener.local_addr().unwrap().port())
}

pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what}: not after a minute");
        thread::sleep(Duration::from_millis(20));
    }
}
