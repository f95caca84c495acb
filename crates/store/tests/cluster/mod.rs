//! A throw-away PostgreSQL cluster for tests, out of Debian's package `postgresql` (scripts/setup.sh installs it): a
//! folder of its own, a Unix socket and a free port on loopback. A shell owns it and reads orders from a pipe; when the
//! test ends in whatever way, the pipe closes, and the shell stops the server and removes the folder.
#![allow(clippy::unwrap_used, dead_code)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};

/// The cluster of this test program; started when it is first needed.
static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// Makes a cluster (compared in French where a column does not say otherwise, so that a forgotten collation shows),
/// then obeys until its input ends. Every order is answered by one line.
const KEEPER: &str = r#"
set -e
bin=$1; port=$2
folder=$(mktemp -d /tmp/facteur-cluster-XXXXXX)
trap '"$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1; rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
"$bin/initdb" -D "$folder/data" -U facteur -A trust -E UTF8 --locale=C.UTF-8 --locale-provider=icu \
    --icu-locale=fr-FR --no-sync >"$folder/initdb.log" 2>&1 </dev/null || { cat "$folder/initdb.log" >&2; exit 1; }
cat >>"$folder/data/postgresql.conf" <<END
unix_socket_directories = '$folder'
listen_addresses = '127.0.0.1'
port = $port
max_connections = 300
log_min_messages = fatal
END
start() { "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 "$@" >/dev/null 2>&1 </dev/null; }
start start || { cat "$folder/log" >&2; exit 1; }
echo "$folder"
exec 2>/dev/null
while read -r order; do
    case $order in
        restart) start -m fast restart ;;
        crash) start -m immediate restart ;;
        stop) start -m fast stop ;;
        start) start start ;;
        reload) start reload ;;
    esac
    echo done
done
"#;

/// A running cluster.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    keeper: Mutex<(Option<ChildStdin>, BufReader<ChildStdout>)>,
    shell: Child,
}

impl Cluster {
    /// A cluster of one's own, for a test that stops it or changes its configuration.
    pub fn start() -> Self {
        let bin =
            binaries().expect("PostgreSQL is not installed: scripts/setup.sh installs Debian's package postgresql");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut shell = not_root("sh");
        shell.args(["-c", KEEPER, "keeper"]).arg(bin).arg(port.to_string()).current_dir("/");
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (orders, mut answers) = (shell.stdin.take().unwrap(), BufReader::new(shell.stdout.take().unwrap()));
        let mut folder = String::new();
        answers.read_line(&mut folder).unwrap();
        assert!(!folder.is_empty(), "the cluster does not start (see above)");
        Self { folder: folder.trim().into(), port, keeper: Mutex::new((Some(orders), answers)), shell }
    }

    /// `restart`, `crash`, `stop`, `start` or `reload`.
    pub fn order(&self, order: &str) {
        let mut keeper = self.keeper.lock().unwrap();
        writeln!(keeper.0.as_mut().unwrap(), "{order}").unwrap();
        let mut answer = String::new();
        keeper.1.read_line(&mut answer).unwrap();
        assert_eq!(answer, "done\n", "{order}");
    }

    /// The address of a database, by the Unix socket.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://facteur@localhost:{}/{database}?host={}", self.port, self.folder.display())
    }

    /// The address of a database for another account, by the network.
    pub fn url_of(&self, account: &str, database: &str) -> String {
        format!("postgres://{account}@127.0.0.1:{}/{database}", self.port)
    }

    /// From now on no file of a new connection may grow beyond so many bytes (`unlimited`), as on a full disk. False
    /// where this machine cannot do that.
    pub fn limit_files(&self, bytes: &str) -> bool {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let mut command = not_root("prlimit");
        command.args(["--pid", file.lines().next().unwrap().trim()]).arg(format!("--fsize={bytes}:"));
        command.status().is_ok_and(|end| end.success())
    }

    /// The folder with the configuration of the cluster.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Runs statements, as the administrator of the cluster.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        let output = Command::new(binaries().unwrap().join("psql"))
            .args(["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-U", "facteur", "-p", &self.port.to_string()])
            .arg("-h")
            .arg(&self.folder)
            .args(["-d", database, "-c", sql])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A new, empty database.
    pub fn new_database(&self) -> String {
        let name = format!("store_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("CREATE DATABASE {name}"));
        name
    }
}

/// A cluster of one's own is gone when its test ends: the pipe closes, and the shell has stopped the server.
impl Drop for Cluster {
    fn drop(&mut self) {
        self.keeper.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).0.take();
        let _ = self.shell.wait();
    }
}

/// The cluster that the tests of one program share. It outlives them by the moment that the server takes to stop, and
/// holds nothing of theirs open.
pub fn shared() -> &'static Cluster {
    &CLUSTER
}

/// The newest installed server.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<PathBuf> = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    folders.retain(|folder| folder.join("initdb").exists());
    folders.sort_by_key(|folder| folder.parent().and_then(Path::file_name).map(|name| name.to_owned()));
    folders.pop()
}

/// `initdb` refuses root: then everything runs as the user of Debian's package.
fn not_root(program: &str) -> Command {
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", program]);
    command
}
