//! HAProxy before the nodes, with the configuration that we recommend.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mira_testkit::free_port;
use tempfile::TempDir;

use crate::installation::loopback;

/// What we recommend; `deploy/three-nodes` says for whom.
const CONFIG: &str = include_str!("../../../deploy/three-nodes/haproxy.cfg");

const START_STEP: Duration = Duration::from_millis(50);
const START_STEPS: u32 = 100;

/// A running balancer, ended when dropped.
pub(crate) struct Balancer {
    pub(crate) address: SocketAddr,
    process: Child,
    _folder: TempDir,
}

impl Balancer {
    pub(crate) fn start(nodes: &[SocketAddr]) -> io::Result<Self> {
        let address = loopback(free_port());
        let folder = TempDir::new()?;
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, config(address, nodes)?)?;
        // Not everybody has the folder of servers on the search path.
        let servers = Path::new("/usr/sbin/haproxy");
        let program = if servers.is_file() {
            servers
        } else {
            Path::new("haproxy")
        };
        let process = Command::new(program)
            .args(["-db", "-f"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut balancer = Self {
            address,
            process,
            _folder: folder,
        };
        balancer.await_start()?;
        Ok(balancer)
    }

    fn await_start(&mut self) -> io::Result<()> {
        for _ in 0..START_STEPS {
            if let Some(status) = self.process.try_wait()? {
                return Err(io::Error::other(format!("haproxy ended: {status}")));
            }
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            std::thread::sleep(START_STEP);
        }
        Err(io::Error::other("haproxy does not listen"))
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The recommended one, with the addresses of this machine.
fn config(address: SocketAddr, nodes: &[SocketAddr]) -> io::Result<String> {
    let bind = "bind :443 ssl crt /etc/haproxy/mira.pem alpn h2,http/1.1";
    let mut replaced = vec![
        (bind.to_owned(), format!("bind {address}")),
        // As many files as a machine for tests lets it have.
        ("maxconn 20000".to_owned(), "maxconn 2000".to_owned()),
    ];
    for (node, last) in nodes.iter().zip(11..) {
        replaced.push((format!("10.0.0.{last}:8080"), node.to_string()));
    }
    let mut text = CONFIG.to_owned();
    for (from, to) in replaced {
        if !text.contains(&from) {
            let what = format!("the recommended configuration lacks \"{from}\"");
            return Err(io::Error::other(what));
        }
        text = text.replace(&from, &to);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::config;
    use crate::installation::loopback;

    #[test]
    fn every_address_of_the_recommended_configuration_is_replaced() {
        let text = config(loopback(1), &[loopback(2), loopback(3), loopback(4)]).unwrap();
        assert!(!text.contains("10.0.0."));
        for port in 1..=4 {
            assert!(text.contains(&format!(" 127.0.0.1:{port}")), "{text}");
        }
    }
}
