//! The command line: serve, and everything an operator types.

fn main() {}
