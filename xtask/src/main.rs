//! Checks and jobs for developers.

fn main() {}
