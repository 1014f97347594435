//! The one table: a request, and what is answered wherever it is asked.

/// One request. In braces stand keys of the world.
pub(super) struct Row {
    pub(super) method: &'static str,
    pub(super) target: &'static str,
    /// Header lines, each with its end.
    pub(super) fields: &'static str,
    pub(super) status: u16,
    /// The code of the refusal; empty for a yes.
    pub(super) code: &'static str,
}

const fn row(
    method: &'static str,
    target: &'static str,
    fields: &'static str,
    status: u16,
    code: &'static str,
) -> Row {
    Row {
        method,
        target,
        fields,
        status,
        code,
    }
}

const SEARCH: &str = "Authorization: Bearer {search}\r\n";
const READ: &str = "Authorization: Bearer {read}\r\n";
const MALFORMED: &str = "Authorization: Bearer mk_search_\r\n";
const UNKNOWN: &str = "Authorization: Bearer mk_search_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6\r\n";
const REVOKED: &str = "Authorization: Bearer {revoked}\r\n";

/// How an answer differs at a proxy that cannot do better; the proxy's page says so.
pub(super) enum Differs {
    /// The proxy itself answers 400, in its own shape, and asks nobody.
    OwnBadRequest,
    /// Lines that begin so, in the answer or in what the upstream hears.
    Line(&'static str),
    /// Another code and its text.
    Code(&'static str),
}

/// Whether `Authorization` is there twice.
fn is_twice(row: &Row) -> bool {
    row.fields.to_lowercase().matches("authorization:").count() == 2
}

/// Where an answer may differ, and how.
pub(super) fn exception(place: &str, row: &Row) -> Option<Differs> {
    if place == "nginx" && is_twice(row) {
        return Some(Differs::OwnBadRequest);
    }
    let differs = match (place, row.method, row.target) {
        ("nginx", _, "/search/%00") | ("nginx" | "caddy", _, "/search/%zz") => {
            Differs::OwnBadRequest
        }
        ("envoy-http" | "envoy-grpc", ..) if is_twice(row) => Differs::Code("invalid_key"),
        ("nginx", _, "/books/family") => Differs::Line("x-mira-admin: 1"),
        ("envoy-http", _, "/search/cookies" | "/books/session") => Differs::Line("cookie: "),
        ("envoy-http", "HEAD", _) if row.status != 200 => {
            Differs::Line("content-type: application/json")
        }
        _ => return None,
    };
    Some(differs)
}

/// Everything but windows and faults, which take more than one request.
pub(super) const ROWS: &[Row] = &[
    // Yes.
    row("GET", "/search/x", SEARCH, 200, ""),
    row(
        "GET",
        "/search",
        "authorization: bearer {search}\r\n",
        200,
        "",
    ),
    row("GET", "/search/a%20b?q=1&q=2&r=%2F..", SEARCH, 200, ""),
    row("GET", "/search//x", SEARCH, 200, ""),
    row("GET", "/search/a;b=1/c", SEARCH, 200, ""),
    row("GET", "/search/%E2%82%AC", SEARCH, 200, ""),
    row("GET", "/search/%252e%252e/x", SEARCH, 200, ""),
    row("GET", "/search?", SEARCH, 200, ""),
    row("HEAD", "/search/x", SEARCH, 200, ""),
    row("POST", "/search/x", SEARCH, 200, ""),
    row("PUT", "/search/x", SEARCH, 200, ""),
    row("DELETE", "/search/x", SEARCH, 200, ""),
    row("OPTIONS", "/search/x", SEARCH, 200, ""),
    row("PATCH", "/search/x", SEARCH, 200, ""),
    row("GET", "/books/1", READ, 200, ""),
    row("HEAD", "/books/1", READ, 200, ""),
    row(
        "POST",
        "/books",
        "Authorization: Bearer {write}\r\n",
        200,
        "",
    ),
    row(
        "GET",
        "/stage",
        "Authorization: Bearer {staging}\r\n",
        200,
        "",
    ),
    row("GET", "/paid", "Authorization: Bearer {paid}\r\n", 200, ""),
    row(
        "GET",
        "/search/x",
        "Authorization: Bearer {here}\r\n",
        200,
        "",
    ),
    row(
        "GET",
        "/search/forged",
        "Authorization: Bearer {search}\r\nX-Mira-Key-Id: key_forged\r\nX-Mira-Permissions: admin\r\nx-mira-app-id: forged\r\nX_Mira_Key_Id: key_forged\r\n",
        200,
        "",
    ),
    row(
        "GET",
        "/books/forged",
        "Authorization: Bearer {read}\r\nX-Mira-App-Id: forged\r\nX-Mira-Service: forged\r\n",
        200,
        "",
    ),
    row(
        "GET",
        "/books/family",
        "Authorization: Bearer {read}\r\nX-Mira-Admin: 1\r\n",
        200,
        "",
    ),
    row(
        "GET",
        "/books/session",
        "Authorization: Bearer {read}\r\nCookie: __Host-mira_session=secret\r\n",
        200,
        "",
    ),
    row(
        "GET",
        "/search/cookies",
        "Authorization: Bearer {search}\r\nCookie: a=1; mira_session=secret; b=2\r\n",
        200,
        "",
    ),
    row(
        "GET",
        "/search/address",
        "Authorization: Bearer {here}\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Uri: /books\r\nX-Original-URI: /books\r\n",
        200,
        "",
    ),
    // No key, or none that is one.
    row("GET", "/search/x", "", 401, "missing_key"),
    row(
        "GET",
        "/search/x",
        "Authorization: Basic eA==\r\n",
        401,
        "missing_key",
    ),
    row(
        "GET",
        "/search/x",
        "Authorization: Bearer\r\n",
        401,
        "missing_key",
    ),
    row(
        "GET",
        "/search/x",
        "Authorization: \r\n",
        401,
        "missing_key",
    ),
    row(
        "GET",
        "/search/x",
        "X-API-Key: {search}\r\n",
        401,
        "missing_key",
    ),
    row(
        "GET",
        "/search/x",
        "Cookie: key={search}\r\n",
        401,
        "missing_key",
    ),
    row("GET", "/search/x?api_key={search}", "", 401, "missing_key"),
    row("HEAD", "/search/x", "", 401, "missing_key"),
    row("POST", "/search/x", "", 401, "missing_key"),
    row("OPTIONS", "/search/x", "", 401, "missing_key"),
    row("OPTIONS", "/books", "", 401, "missing_key"),
    row("PUT", "/books/1", "", 401, "missing_key"),
    row("GET", "/search/x", MALFORMED, 401, "invalid_key"),
    row("GET", "/search/x", UNKNOWN, 401, "invalid_key"),
    row("HEAD", "/search/x", UNKNOWN, 401, "invalid_key"),
    row(
        "GET",
        "/search/x",
        "Authorization: Bearer {search} {search}\r\n",
        401,
        "invalid_key",
    ),
    row(
        "GET",
        "/search/x",
        "Authorization: Bearer  {search}\r\n",
        401,
        "invalid_key",
    ),
    row(
        "GET",
        "/search/x",
        "Authorization: Bearer {search}, Bearer {search}\r\n",
        401,
        "invalid_key",
    ),
    row(
        "GET",
        "/search/x",
        "Authorization: Bearer {search}\r\nAuthorization: Bearer {search}\r\n",
        400,
        "ambiguous_credentials",
    ),
    row(
        "GET",
        "/search/x",
        "Authorization: Bearer {search}\r\nauthorization: Basic eA==\r\n",
        400,
        "ambiguous_credentials",
    ),
    row(
        "GET",
        "/search/x",
        "Authorization: Bearer {search}\r\nX-API-Key: {search}\r\n",
        400,
        "ambiguous_credentials",
    ),
    // A key that was one.
    row("GET", "/search/x", REVOKED, 401, "revoked_key"),
    row("POST", "/search/x", REVOKED, 401, "revoked_key"),
    row(
        "GET",
        "/search/x",
        "Authorization: Bearer {expired}\r\n",
        401,
        "expired_key",
    ),
    row(
        "GET",
        "/search/x",
        "Authorization: Bearer {suspended}\r\n",
        401,
        "suspended_key",
    ),
    // A key for something else.
    row(
        "GET",
        "/search/x",
        "Authorization: Bearer {verify}\r\n",
        401,
        "wrong_service",
    ),
    row("GET", "/search/x", READ, 401, "wrong_service"),
    row("GET", "/books/1", SEARCH, 401, "wrong_service"),
    row(
        "GET",
        "/stage",
        "Authorization: Bearer {stage}\r\n",
        401,
        "wrong_environment",
    ),
    row(
        "GET",
        "/search/x",
        "Authorization: Bearer {elsewhere}\r\n",
        403,
        "address_not_allowed",
    ),
    row(
        "GET",
        "/search/x",
        "Authorization: Bearer {elsewhere}\r\nX-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\n",
        403,
        "address_not_allowed",
    ),
    row(
        "GET",
        "/books/1",
        "Authorization: Bearer {lapsed}\r\n",
        403,
        "subscription_required",
    ),
    row(
        "GET",
        "/books/1",
        "Authorization: Bearer {write}\r\n",
        403,
        "missing_permission",
    ),
    row("POST", "/books", READ, 403, "missing_permission"),
    row(
        "GET",
        "/paid",
        "Authorization: Bearer {poor}\r\n",
        402,
        "insufficient_balance",
    ),
    row("DELETE", "/books/1", READ, 405, "method_not_allowed"),
    row("OPTIONS", "/books/1", READ, 405, "method_not_allowed"),
    // Paths that servers read differently.
    row("GET", "/search/a%2fb", SEARCH, 400, "invalid_request"),
    row(
        "GET",
        "/search/%2e%2e/books",
        SEARCH,
        400,
        "invalid_request",
    ),
    row("GET", "/search/../books", READ, 400, "invalid_request"),
    row("GET", "/search/./x", SEARCH, 400, "invalid_request"),
    row("GET", "/search/..;/books", SEARCH, 400, "invalid_request"),
    row("GET", "/search/a%5cb", SEARCH, 400, "invalid_request"),
    row("GET", "/search/%00", SEARCH, 400, "invalid_request"),
    row("GET", "/search/%0d%0ax", SEARCH, 400, "invalid_request"),
    row("GET", "/search/%zz", SEARCH, 400, "invalid_request"),
    row("GET", "/search/a\\b", SEARCH, 400, "invalid_request"),
    // The products, in their own shape.
    row("GET", "/api/v1/meetings", "", 401, "missing_key"),
    row("GET", "/api/v1/meetings", SEARCH, 401, "wrong_service"),
    row(
        "GET",
        "/api/v1/meetings",
        "Authorization: Bearer {lapsed}\r\n",
        403,
        "subscription_required",
    ),
    row(
        "DELETE",
        "/api/v1/meetings/1",
        READ,
        403,
        "missing_permission",
    ),
    row("GET", "/api/v1/nothing", READ, 404, "not_found"),
    row("PUT", "/api/v1/meetings", READ, 405, "method_not_allowed"),
    row("POST", "/verify/v1/stream", UNKNOWN, 401, "invalid_key"),
    row("POST", "/verify/v1/stream", READ, 401, "wrong_service"),
    row(
        "GET",
        "/verify/v1/nothing",
        "Authorization: Bearer {verify}\r\n",
        404,
        "not_found",
    ),
];

impl Row {
    /// The request as bytes that ask for the connection to be closed.
    pub(super) fn request(&self) -> String {
        let Self {
            method,
            target,
            fields,
            ..
        } = self;
        let (length, body) = match *method {
            "POST" | "PUT" | "PATCH" => ("Content-Length: 2\r\n", "{}"),
            _ => ("", ""),
        };
        format!(
            "{method} {target} HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n{fields}{length}\r\n{body}"
        )
    }
}
