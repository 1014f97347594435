//! The JSON console API `/v1` over the console.
