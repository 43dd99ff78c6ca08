//! A connection to one server, or to a cluster.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use redis::cluster::{ClusterClientBuilder, ClusterConnection, cluster_pipe};
use redis::cluster_routing::{RoutingInfo, SingleNodeRoutingInfo};
use redis::{Client, Cmd, Connection, ConnectionInfo, FromRedisValue, IntoConnectionInfo, RedisError, Value, cmd};

use super::Fault;

/// How long a server may take to be reached, and to answer: a photo is drawn in about that time.
const PATIENCE: Duration = Duration::from_millis(1000);
/// Again after a slot moved or a connection broke; each waits for no longer than a network needs to settle.
const RETRIES: u32 = 2;
const RETRY_MS: [u64; 2] = [10, 100];
/// Commands that a cluster is sent together. Where one of its servers hangs, the library waits as long for each answer.
const TOGETHER: usize = 3;

/// Where servers are. Of a cluster one is enough; others are asked where that one is gone.
#[derive(Clone)]
pub struct Servers(Vec<ConnectionInfo>);

/// Without passwords.
impl Display for Servers {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(|server| server.addr().to_string()).collect();
        f.write_str(&names.join(", "))
    }
}

/// Without passwords, too.
impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl Servers {
    /// Reads `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://` for TLS; several with commas between them.
    ///
    /// # Errors
    /// A sentence that tells nothing of a password.
    pub fn parse(urls: &str) -> Result<Servers, String> {
        let wrong = |at: usize| format!("address {} is none: redis://HOST:PORT is, or rediss:// for TLS", at + 1);
        let read = |(at, url): (usize, &str)| {
            let known = ["redis://", "rediss://"].iter().any(|scheme| url.starts_with(scheme));
            url.into_connection_info().ok().filter(|_| known).ok_or_else(|| wrong(at))
        };
        urls.split(',').map(str::trim).enumerate().map(read).collect::<Result<_, _>>().map(Servers)
    }

    /// Connects to the first that answers, and to its cluster if it is of one.
    ///
    /// # Errors
    /// What the last of them said.
    pub fn connect(&self) -> Result<Link, Fault> {
        let mut last = Fault::Broken("no server is named".into());
        for server in &self.0 {
            match self.connect_to(server) {
                Ok(link) => return Ok(link),
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }

    fn connect_to(&self, server: &ConnectionInfo) -> Result<Link, RedisError> {
        let mut single = Client::open(server.clone())?.get_connection_with_timeout(PATIENCE)?;
        single.set_read_timeout(Some(PATIENCE))?;
        single.set_write_timeout(Some(PATIENCE))?;
        // One that may not be asked is taken for what it most likely is.
        let about: String = cmd("INFO").arg("cluster").query(&mut single).unwrap_or_default();
        if !about.contains("cluster_enabled:1") {
            return Ok(Link::Single(Box::new(single)));
        }
        let client = ClusterClientBuilder::new(self.0.iter().cloned())
            .connection_timeout(PATIENCE)
            .response_timeout(PATIENCE)
            .retries(RETRIES)
            .min_retry_wait(RETRY_MS[0])
            .max_retry_wait(RETRY_MS[1])
            .build()?;
        let cluster = client.get_connection()?;
        // Of itself it would wait for ever until a server takes in what is written.
        cluster.set_write_timeout(Some(PATIENCE))?;
        Ok(Link::Cluster(Box::new(cluster)))
    }
}

/// A connection. After a fault, unless it is [`Fault::Full`], nobody knows what comes over it next, so it is to be dropped.
pub enum Link {
    /// To one server.
    Single(Box<Connection>),
    /// To each primary of a cluster.
    Cluster(Box<ClusterConnection>),
}

impl Link {
    /// Whether it is to a cluster.
    pub fn is_cluster(&self) -> bool {
        matches!(self, Link::Cluster(_))
    }

    /// Runs a command.
    pub(super) fn one<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, Fault> {
        let answer = match self {
            Link::Single(link) => command.query(link.as_mut()),
            Link::Cluster(link) => command.query(link.as_mut()),
        };
        Ok(answer?)
    }

    /// Runs commands of any slots, sent together; each answer is a `T`, or where `T` is a pair, each two are.
    pub(super) fn all<T: FromRedisValue>(&mut self, commands: Vec<Cmd>) -> Result<Vec<T>, Fault> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let answers = match self {
            Link::Single(link) => of_one(link, &commands)?,
            Link::Cluster(link) => of_cluster(link, &commands)?,
        };
        let answers = Value::Array(answers).extract_error()?;
        Ok(redis::from_redis_value(answers).map_err(RedisError::from)?)
    }

    /// The names of all keys that match.
    pub(super) fn scan(&mut self, pattern: &str) -> Result<Vec<String>, Fault> {
        let mut names = Vec::new();
        for node in self.primaries()? {
            let mut cursor = 0u64;
            loop {
                let mut scan = cmd("SCAN");
                scan.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(1000);
                let answer = match (&mut *self, &node) {
                    (Link::Cluster(link), Some((host, port))) => {
                        let node = SingleNodeRoutingInfo::ByAddress { host: host.clone(), port: *port };
                        link.route_command(&scan, RoutingInfo::SingleNode(node))?
                    }
                    (link, _) => link.one(&scan)?,
                };
                let (next, found): (u64, Vec<String>) = redis::from_redis_value(answer).map_err(RedisError::from)?;
                names.extend(found);
                cursor = next;
                if cursor == 0 {
                    break;
                }
            }
        }
        // A server that grows or shrinks meanwhile may tell some twice, and so may two between which a slot moves.
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// Each primary's address; nothing to tell of a single server.
    fn primaries(&mut self) -> Result<Vec<Option<(String, u16)>>, Fault> {
        if !self.is_cluster() {
            return Ok(vec![None]);
        }
        let nodes: String = self.one(cmd("CLUSTER").arg("NODES"))?;
        Ok(nodes.lines().filter_map(primary).map(Some).collect())
    }
}

/// The address in a line of CLUSTER NODES, if it is a primary's: name, host:port@bus, flags, five more, slots. Without
/// slots it may be a replica of which the one that was asked has not heard yet whose it is.
fn primary(line: &str) -> Option<(String, u16)> {
    let words: Vec<&str> = line.split(' ').collect();
    let &[_, address, flags, _, _, _, _, _, _, ..] = words.as_slice() else { return None };
    let (host, port) = address.split('@').next()?.rsplit_once(':')?;
    let serves = flags.contains("master") && !flags.contains("fail");
    serves.then_some((host.to_owned(), port.parse().ok()?))
}

/// A server's answers. Unlike in the library's own pipeline the first that does not come is the last that is waited for.
fn of_one(link: &mut Connection, commands: &[Cmd]) -> Result<Vec<Value>, RedisError> {
    let packed: Vec<Vec<u8>> = commands.iter().map(Cmd::get_packed_command).collect();
    link.send_packed_command(&packed.concat())?;
    commands.iter().map(|_| link.recv_response()).collect()
}

/// A cluster's answers, few at a time.
fn of_cluster(link: &mut ClusterConnection, commands: &[Cmd]) -> Result<Vec<Value>, RedisError> {
    let mut answers = Vec::with_capacity(commands.len());
    for commands in commands.chunks(TOGETHER) {
        let mut pipe = cluster_pipe();
        for command in commands {
            pipe.add_command(command.clone());
        }
        answers.extend(pipe.query::<Vec<Value>>(link)?);
    }
    Ok(answers)
}

impl From<RedisError> for Fault {
    fn from(error: RedisError) -> Fault {
        // Of several commands at once the first that failed is named in the sentence alone.
        let sentence = error.to_string();
        if error.code() == Some("OOM") || sentence.contains("OOM ") { Fault::Full } else { Fault::Broken(sentence) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_primary_is_one_that_has_slots() {
        let line = |flags: &str, slots: &str| {
            format!("a1b2 10.0.0.7:7001@17001,host {flags} - 0 1426238317239 2 connected{slots}")
        };
        assert_eq!(primary(&line("master", " 0-5460")), Some(("10.0.0.7".into(), 7001)));
        assert_eq!(primary(&line("myself,master", " 0-5460 [5461->-c3]")), Some(("10.0.0.7".into(), 7001)));
        for (flags, slots) in [("master", ""), ("slave", ""), ("master,fail", " 0-5460"), ("master,fail?", " 0-5460")] {
            assert_eq!(primary(&line(flags, slots)), None, "{flags}{slots}");
        }
    }

    #[test]
    fn passwords_are_never_told() {
        for urls in ["redis://me:secret@a:1,rediss://:secret@b:2/3", "redis://:secret@c"] {
            let servers = Servers::parse(urls).unwrap();
            assert!(!format!("{servers} {servers:?}").contains("secret"));
        }
        for urls in ["redis://:secret@a:port", "http://:secret@a", "secret", "", "redis://a:1,secret", "unix:///secret"]
        {
            let said = Servers::parse(urls).unwrap_err();
            assert!(!said.contains("secret") && said.starts_with("address"), "{said}");
        }
        assert_eq!(Servers::parse("redis://:secret@a:1, rediss://b/1").unwrap().to_string(), "a:1, b:6379");
    }
}
