//! An installation with many keys, made once with the program's own commands and
//! kept for the next measurement.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::keys::key;
use crate::process::{LOADER_CORE, SERVER_CORE, Server, free_address, get};

/// A data folder, and its keys in the forms in which others want them.
pub(crate) struct Installation {
    pub(crate) folder: PathBuf,
    pub(crate) count: u32,
}

impl Installation {
    /// The installation with `count` keys.
    pub(crate) fn with_keys(count: u32) -> Self {
        let installation = Self {
            folder: work_folder().join(count.to_string()),
            count,
        };
        if !installation.folder.join("complete").exists() {
            installation.make();
        }
        installation
    }

    /// One key a line.
    pub(crate) fn keys(&self) -> PathBuf {
        self.folder.join("keys.txt")
    }

    /// For nginx: the whole header field to a name.
    pub(crate) fn nginx_map(&self) -> PathBuf {
        self.folder.join("nginx.map")
    }

    /// For `HAProxy`: the digest in hexadecimal to a name.
    pub(crate) fn haproxy_map(&self) -> PathBuf {
        self.folder.join("haproxy.map")
    }

    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    /// Starts Mira, with `upstream` behind its service `/up`.
    pub(crate) fn serve(&self, upstream: SocketAddr) -> Server {
        let (command, address) = self.command(upstream);
        let mut server = Server::spawn(SERVER_CORE, &command, address, &self.log("mira"));
        let key = String::from_utf8_lossy(&key(0)).into_owned();
        server.wait_for(&self.log("mira"), || answers(address, &key));
        server
    }

    /// How Mira is started, and where it will listen.
    pub(crate) fn command(&self, upstream: SocketAddr) -> (Vec<String>, SocketAddr) {
        let config = self.folder.join("mira.toml");
        // Limits that are counted and never reached.
        let text = format!(
            "[limits]\naddress_per_minute = 4000000000\norganization_key_per_minute = 4000000000\n\
             [[service]]\nname = \"up\"\nprefix = \"/up\"\nupstream = \"http://{upstream}\"\n\
             key = \"organization\"\nmethods = {{ GET = \"read\" }}\n"
        );
        std::fs::write(&config, text).expect("the configuration can be written");
        let address = free_address();
        let mut command = vec![mira().display().to_string()];
        let listen = address.to_string();
        let (data, config) = (
            self.data().display().to_string(),
            config.display().to_string(),
        );
        command.extend(
            [
                "serve", "--listen", &listen, "--data", &data, "--config", &config,
            ]
            .map(str::to_owned),
        );
        (command, address)
    }

    /// Who is in it.
    pub(crate) fn demo(&self) -> serde_json::Value {
        let text = std::fs::read_to_string(self.data().join("demo.json"));
        serde_json::from_str(&text.expect("demo.json is there")).expect("demo.json is JSON")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn make(&self) {
        println!("making an installation with {} keys, once", self.count);
        std::fs::remove_dir_all(&self.folder).ok();
        std::fs::create_dir_all(&self.folder).expect("the folder can be made");
        let (mut keys, mut nginx, mut haproxy, mut import) = Default::default();
        for number in 0..self.count {
            let key = key(number);
            let text = String::from_utf8_lossy(&key);
            let digest = hexadecimal(&Sha256::digest(key));
            line(&mut keys, format_args!("{text}"));
            line(&mut nginx, format_args!("\"Bearer {text}\" k{number};"));
            line(&mut haproxy, format_args!("{digest} k{number}"));
            line(&mut import, format_args!("{{\"key\":\"{text}\"}}"));
        }
        let file = self.folder.join("import.jsonl");
        let files = [
            (&self.keys(), keys),
            (&self.nginx_map(), nginx),
            (&self.haproxy_map(), haproxy),
            (&file, import),
        ];
        for (path, text) in files {
            std::fs::write(path, text).expect("the file can be written");
        }
        self.import(&file);
        std::fs::remove_file(file).ok();
        std::fs::write(self.folder.join("complete"), "").expect("the mark can be written");
    }

    fn import(&self, file: &Path) {
        let data = self.data().display().to_string();
        let address = free_address();
        let listen = address.to_string();
        let command = [
            &mira().display().to_string(),
            "serve",
            "--demo",
            "--listen",
            &listen,
            "--data",
            &data,
        ];
        let demo = Server::start(
            LOADER_CORE,
            &command.map(str::to_owned),
            address,
            &self.log("demo"),
        );
        demo.stop();
        let demo = self.demo();
        let organization = demo["organization_id"]
            .as_str()
            .expect("demo.json names it");
        let status = Command::new(mira())
            .args([
                "import",
                "keys",
                "--data",
                &data,
                "--organization",
                organization,
            ])
            .arg(file)
            .stdout(Stdio::null())
            .status();
        assert!(
            status.expect("mira can be run").success(),
            "the keys were not imported"
        );
    }
}

/// Whether Mira is there and takes `key`.
pub(crate) fn answers(address: SocketAddr, key: &str) -> bool {
    let answer = get(address, "/authz/envoy/api/v1/meetings", key);
    answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// The program that is measured, which was built beside this one.
fn mira() -> PathBuf {
    let own = std::env::current_exe().expect("this program has a path");
    own.with_file_name("mira")
}

fn work_folder() -> PathBuf {
    let own = std::env::current_exe().expect("this program has a path");
    own.with_file_name("bench")
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes everything");
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes everything");
    }
    text
}
