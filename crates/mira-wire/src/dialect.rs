//! The three shapes in which an error body is written.

/// The shape of a route's errors. A door answers in the dialect of the route
/// that it guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `{"data":null,"error":"<text>","meta":null}`
    MiraApi,
    /// `{"error":"<title>","message":"<text>"}`
    Network,
    /// The same as `Network`, and the stable `"code"`.
    Console,
}
