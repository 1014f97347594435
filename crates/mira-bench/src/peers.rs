//! The proxies that Mira is compared with, set up as their manuals say.

use std::net::SocketAddr;
use std::path::Path;

use crate::installation::Installation;
use crate::process::{SERVER_CORE, Server, free_address};

/// What a proxy does.
pub(crate) struct Peer {
    /// Whether it looks keys up.
    pub(crate) map: bool,
    /// Where it forwards to; it answers 200 itself otherwise.
    pub(crate) upstream: Option<SocketAddr>,
}

/// What Mira does with a request beside the look-up, in `HAProxy`'s words: a window
/// for each key, the key and forged fields removed, the same fields set for the
/// upstream and the client.
const SAME_WORK: &str = "\
  stick-table type string len 16 size 2m expire 60s store http_req_rate(60s)
  http-request track-sc0 var(txn.key)
  http-request return status 429 if { sc_http_req_rate(0) gt 4000000000 }
  http-request set-var(txn.id) uuid()
  http-request set-var(txn.host) req.hdr(host)
  http-request del-header authorization
  http-request del-header x-api-key
  http-request del-header x-mira- -m beg
  http-request del-header x-forwarded- -m beg
  http-request del-header proxy- -m beg
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[var(txn.host)]
  http-request set-header X-Mira-Key-Id %[var(txn.key)]
  http-request set-header X-Mira-Organization-Id org_00000000000000000000000000
  http-request set-header X-Mira-Permissions read,write
  http-request set-header X-Mira-Environment live
  http-request set-header X-Mira-Request-Id %[var(txn.id)]
  http-request set-header Traceparent 00-%[var(txn.id)]-01 unless { req.hdr(traceparent) -m found }
  http-response del-header x-mira- -m beg
  http-response set-header X-Mira-Request-Id %[var(txn.id)]
  http-response set-header X-RateLimit-Limit 4000000000
  http-response set-header X-RateLimit-Remaining %[sc_http_req_rate(0)]
  http-response set-header X-RateLimit-Reset %[date(60)]
  http-response set-header Cache-Control private unless { res.hdr(cache-control) -m found }
";

/// nginx with one worker; its map has the keys in plain.
pub(crate) fn nginx(installation: &Installation, peer: &Peer) -> Server {
    let address = free_address();
    let folder = installation.folder.display();
    let size = (installation.count * 2).max(2048);
    let (map, deny) = if peer.map {
        let map = format!(
            "map_hash_max_size {size}; map_hash_bucket_size 128;\n\
             map $http_authorization $key {{ default ''; include {}; }}",
            installation.nginx_map().display()
        );
        (map, "if ($key = '') { return 401; }")
    } else {
        (String::new(), "")
    };
    let (upstream, action) = peer.upstream.map_or_else(
        || (String::new(), "return 200;"),
        |upstream| {
            let upstream = format!(
                "upstream up {{ server {upstream}; keepalive 128; keepalive_requests 100000000; }}"
            );
            (
                upstream,
                "proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection '';",
            )
        },
    );
    let text = format!(
        "worker_processes 1; daemon off; pid {folder}/nginx.{port}.pid; error_log stderr warn;\n\
         events {{ worker_connections 2048; }}\n\
         http {{ access_log off; keepalive_requests 100000000; tcp_nodelay on;\n\
         client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;\n\
         uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n\
         {upstream}\n{map}\nserver {{ listen {address}; location / {{ {deny} {action} }} }} }}\n",
        port = address.port(),
    );
    start(
        installation,
        "nginx",
        &["nginx", "-p", &folder.to_string(), "-c"],
        address,
        &text,
    )
}

/// `HAProxy` with one thread; its map has the keys' digests.
pub(crate) fn haproxy(installation: &Installation, peer: &Peer) -> Server {
    haproxy_with(installation, peer, "")
}

/// The same, and it does for each request what Mira does.
pub(crate) fn haproxy_with_same_work(installation: &Installation, peer: &Peer) -> Server {
    haproxy_with(installation, peer, SAME_WORK)
}

fn haproxy_with(installation: &Installation, peer: &Peer, work: &str) -> Server {
    let address = free_address();
    let check = if peer.map {
        format!(
            "  http-request set-var(txn.key) req.hdr(authorization),word(2,' '),sha2(256),hex,lower,map_str({})\n  \
             http-request return status 401 unless {{ var(txn.key) -m found }}\n",
            installation.haproxy_map().display()
        )
    } else {
        String::new()
    };
    let action = peer.upstream.map_or_else(
        || "  http-request return status 200\n".to_owned(),
        |upstream| {
            format!("  default_backend up\nbackend up\n  server s {upstream} pool-max-conn 128\n")
        },
    );
    let text = format!(
        "global\n  nbthread 1\n  maxconn 4096\n  tune.bufsize 16384\ndefaults\n  mode http\n  timeout connect 5s\n  \
         timeout client 60s\n  timeout server 60s\n  option http-keep-alive\n  http-reuse always\n\
         frontend f\n  bind {address}\n{check}{work}{action}"
    );
    start(
        installation,
        "haproxy",
        &["haproxy", "-db", "-f"],
        address,
        &text,
    )
}

fn start(
    installation: &Installation,
    name: &str,
    command: &[&str],
    address: SocketAddr,
    config: &str,
) -> Server {
    let label = format!("{name}.{}", address.port());
    let file = installation.folder.join(format!("{label}.conf"));
    std::fs::write(&file, config).expect("the configuration can be written");
    let path = |path: &Path| path.display().to_string();
    let mut command: Vec<String> = command.iter().map(|&part| part.to_owned()).collect();
    command.push(path(&file));
    Server::start(SERVER_CORE, &command, address, &installation.log(&label))
}
