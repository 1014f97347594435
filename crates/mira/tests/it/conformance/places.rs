//! Where a request can be asked: at the gateway, and at every proxy, with the
//! configurations that the documentation ships.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use axum::Router;
use mira_testkit::{Proxy, free_address};
use tokio::net::TcpListener;
use tower::service_fn;

use super::guarded_service;
use super::world::World;

/// Somewhere to ask.
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    _proxy: Option<Proxy>,
}

impl Place {
    /// Whether Mira itself forwards there.
    pub(super) fn is_gateway(&self) -> bool {
        self.name.ends_with("gateway")
    }
}

const NGINX_FRAME: &str = "daemon off; master_process off; pid {folder}/pid; error_log stderr warn;\n\
    events {}\n\
    http {\n\
    access_log off;\n\
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;\n\
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;\n\
    include {folder}/mira.conf;\n\
    }\n";

/// All of them; what is not installed is said loudly and left out.
pub(super) async fn all(world: &World) -> Vec<Place> {
    let gateway = gateway(world);
    let proxies = [
        nginx(world),
        caddy(world),
        haproxy(world),
        haproxy_gateway(world),
    ];
    let tower = tower(world).await;
    let places = [gateway].into_iter().chain(proxies);
    places.chain(envoys(world)).chain([tower]).collect()
}

pub(super) fn gateway(world: &World) -> Place {
    Place {
        name: "gateway",
        address: world.server.address(),
        _proxy: None,
    }
}

/// A cache that keeps what it may, although nobody told it for how long.
pub(super) fn nginx_cache(world: &World) -> Place {
    let arguments = ["-c", "{folder}/nginx.conf", "-p", "{folder}"];
    place("nginx-cache", "nginx", &arguments, |address| {
        let mira = world.server.address();
        let cache = format!(
            "proxy_cache_path {{folder}}/cache keys_zone=all:1m;\n\
             server {{ listen {address}; location / {{ proxy_pass http://{mira};\n\
             proxy_cache all; proxy_cache_valid any 1h; proxy_cache_key $request_uri;\n\
             add_header X-Cache $upstream_cache_status always; }} }}\n"
        );
        vec![("nginx.conf", NGINX_FRAME.to_owned()), ("mira.conf", cache)]
    })
}

/// A service in this process that is the documentation's example.
async fn tower(world: &World) -> Place {
    let mira = world.server.url().parse().unwrap();
    let upstream = world.upstream.clone();
    let inner = service_fn(move |request| upstream.clone().answer(request));
    let app = guarded_service::guarded(Router::new().fallback_service(inner), mira);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(guarded_service::serve(listener, app));
    Place {
        name: "tower",
        address,
        _proxy: None,
    }
}

fn nginx(world: &World) -> Place {
    place(
        "nginx",
        "nginx",
        &["-c", "{folder}/nginx.conf", "-p", "{folder}"],
        |address| {
            vec![
                ("nginx.conf", NGINX_FRAME.to_owned()),
                ("mira.conf", shipped("nginx.conf", world, address)),
            ]
        },
    )
}

fn caddy(world: &World) -> Place {
    let arguments = [
        "run",
        "--config",
        "{folder}/Caddyfile",
        "--adapter",
        "caddyfile",
    ];
    place("caddy", "caddy", &arguments, |address| {
        let text = shipped("Caddyfile", world, address);
        vec![(
            "Caddyfile",
            format!("{{\n\tadmin off\n\tauto_https off\n}}\n{text}"),
        )]
    })
}

fn haproxy(world: &World) -> Place {
    place(
        "haproxy",
        "haproxy",
        &["-db", "-f", "{folder}/haproxy.cfg"],
        |address| {
            let text = shipped("haproxy.cfg", world, address);
            vec![
                ("haproxy.cfg", text.replace("/etc/haproxy/", "{folder}/")),
                ("mira.lua", shipped("mira.lua", world, address)),
            ]
        },
    )
}

fn haproxy_gateway(world: &World) -> Place {
    let arguments = ["-db", "-f", "{folder}/haproxy.cfg"];
    place("haproxy-gateway", "haproxy", &arguments, |address| {
        vec![(
            "haproxy.cfg",
            shipped("haproxy-gateway.cfg", world, address),
        )]
    })
}

fn envoys(world: &World) -> Vec<Place> {
    let Some(envoy) = envoy() else {
        let said = "\nSKIPPED: Envoy is not in target/envoy (cargo xtask test puts it there), \
            so its two doors are not tried\n";
        // Past the test's captured output.
        std::io::stderr().write_all(said.as_bytes()).ok();
        return Vec::new();
    };
    let envoy = envoy.display().to_string();
    let files = [
        ("envoy-grpc", "envoy.yaml"),
        ("envoy-http", "envoy-http.yaml"),
    ];
    let arguments = [
        "-c",
        "{folder}/envoy.yaml",
        "--concurrency",
        "1",
        "--disable-hot-restart",
        "-l",
        "warn",
    ];
    let places = files.map(|(name, file)| {
        place(name, &envoy, &arguments, |address| {
            vec![("envoy.yaml", shipped(file, world, address))]
        })
    });
    places.into()
}

/// Where the machine's set-up puts it.
fn envoy() -> Option<PathBuf> {
    let folder = root().join("target/envoy/lib");
    let versions = std::fs::read_dir(folder).ok()?;
    let binaries = versions
        .flatten()
        .map(|version| version.path().join("site-packages/envoy/_bin/envoy"));
    binaries.filter(|binary| binary.is_file()).last()
}

fn place(
    name: &'static str,
    program: &str,
    arguments: &[&str],
    files: impl FnOnce(SocketAddr) -> Vec<(&'static str, String)>,
) -> Place {
    let address = free_address();
    let proxy = Proxy::start(&on_path(program), arguments, &files(address), address);
    Place {
        name,
        address,
        _proxy: Some(proxy),
    }
}

/// Debian keeps servers where a person's search path does not reach.
fn on_path(program: &str) -> PathBuf {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
    let mut found = folders.iter().map(|folder| Path::new(folder).join(program));
    found
        .rfind(|path| path.is_file())
        .unwrap_or_else(|| panic!("{program} is not installed; cargo xtask test installs it"))
}

/// A configuration of the documentation with its addresses replaced by the test's.
fn shipped(file: &str, world: &World, listen: SocketAddr) -> String {
    let path = root().join("docs/doors").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let mut text = text.replace("127.0.0.1:8000", &listen.to_string());
    text = text.replace("http://:8000", &format!("http://:{}", listen.port()));
    text = text.replace("127.0.0.1:8080", &world.server.address().to_string());
    text = text.replace("127.0.0.1:9000", &world.upstream.address().to_string());
    for (port, address) in [
        (8000, listen),
        (8080, world.server.address()),
        (9000, world.upstream.address()),
    ] {
        text = text.replace(
            &format!("port_value: {port}"),
            &format!("port_value: {}", address.port()),
        );
    }
    text
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
