//! Who may depend on whom, as data: the house's floors. A row lists everything a crate may use of
//! this workspace; a crate without a row may not be in the workspace. To add an edge, argue it in
//! the commit that adds it here.

/// Where denials point their reader.
pub(crate) const TABLE: &str = "xtask/src/edges.rs";

/// One row of the table.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// Crates of this workspace it may use; its tests may also use `mira-testkit`.
    pub(crate) may_use: &'static [&'static str],
    /// Crates from outside it must not name.
    pub(crate) must_not_use: &'static [&'static str],
}

/// Floor 0: neither I/O nor a clock, chance, async, SQL, HTTP, logging or a wire format.
const PURE: &[&str] = &[
    "axum",
    "getrandom",
    "http",
    "hyper",
    "jiff",
    "rusqlite",
    "serde_json",
    "tokio",
    "tracing",
];

/// Every crate, floor by floor.
pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "mira-key",
        may_use: &[],
        must_not_use: PURE,
    },
    Row {
        name: "mira-core",
        may_use: &["mira-key"],
        must_not_use: PURE,
    },
    Row {
        name: "mira-verifier",
        may_use: &["mira-core", "mira-key"],
        must_not_use: &["axum", "http", "hyper", "rusqlite"],
    },
    row("mira-db", &[]),
    row("mira-wire", &["mira-core", "mira-key"]),
    row("mira-outbound", &[]),
    row("mira-practice", &[]),
    Row {
        name: "mira-store",
        may_use: &["mira-core", "mira-db", "mira-key"],
        must_not_use: &["axum", "http"],
    },
    row(
        "mira-webhook",
        &["mira-core", "mira-db", "mira-key", "mira-outbound"],
    ),
    row(
        "mira-tower",
        &["mira-core", "mira-key", "mira-verifier", "mira-wire"],
    ),
    row(
        "mira-node",
        &[
            "mira-core",
            "mira-db",
            "mira-key",
            "mira-store",
            "mira-verifier",
        ],
    ),
    row(
        "mira-gateway",
        &[
            "mira-core",
            "mira-key",
            "mira-outbound",
            "mira-tower",
            "mira-wire",
        ],
    ),
    row(
        "mira-ext-authz",
        &["mira-gateway", "mira-tower", "mira-wire"],
    ),
    row(
        "mira-meetings",
        &[
            "mira-core",
            "mira-db",
            "mira-outbound",
            "mira-webhook",
            "mira-wire",
        ],
    ),
    row(
        "mira-network",
        &["mira-core", "mira-key", "mira-outbound", "mira-wire"],
    ),
    row(
        "mira-console",
        &[
            "mira-core",
            "mira-db",
            "mira-key",
            "mira-node",
            "mira-store",
            "mira-verifier",
            "mira-webhook",
        ],
    ),
    row(
        "mira-api",
        &["mira-console", "mira-core", "mira-key", "mira-wire"],
    ),
    row(
        "mira-dashboard",
        &["mira-console", "mira-core", "mira-key", "mira-wire"],
    ),
    row(
        "mira-server",
        &[
            "mira-api",
            "mira-console",
            "mira-core",
            "mira-dashboard",
            "mira-db",
            "mira-ext-authz",
            "mira-gateway",
            "mira-key",
            "mira-meetings",
            "mira-network",
            "mira-node",
            "mira-outbound",
            "mira-practice",
            "mira-store",
            "mira-tower",
            "mira-verifier",
            "mira-webhook",
            "mira-wire",
        ],
    ),
    row(
        "mira",
        &[
            "mira-core",
            "mira-key",
            "mira-outbound",
            "mira-practice",
            "mira-server",
        ],
    ),
    row("mira-testkit", &[]),
    // The server and the verifier only with planted bugs, which no product has.
    row(
        "mira-nemesis",
        &["mira-server", "mira-testkit", "mira-verifier"],
    ),
    row("mira-bench", &["mira-core", "mira-key", "mira-verifier"]),
    row("xtask", &[]),
];

const fn row(name: &'static str, may_use: &'static [&'static str]) -> Row {
    Row {
        name,
        may_use,
        must_not_use: &[],
    }
}
