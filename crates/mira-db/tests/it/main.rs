//! What a caller may rely on, tried on real files.

mod close;
mod data_dir;
mod notes;
mod open;
mod postgres;
mod read;
mod write;
