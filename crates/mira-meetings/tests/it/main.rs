//! The Mira API over its router: real files, real requests, a clock moved by hand.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

/// Runs claims on every back end: each is a function of an empty house.
macro_rules! suite {
    ($($claim:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $claim() {
                super::$claim($crate::house::House::open()).await;
            })+
        }

        mod postgres {
            $(#[tokio::test]
            async fn $claim() {
                super::$claim($crate::house::House::connect().await).await;
            })+
        }
    };
}

mod document;
mod house;
mod ingest;
mod isolation;
mod lists;
mod meetings;
mod protocol;
mod roleplay;
mod samples;
mod scoring;
mod script;
mod team;
mod templates;
