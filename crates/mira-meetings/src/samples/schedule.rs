//! The sample meetings: when, who with, and what became of them.

use super::conversations::{self, Conversation};
use super::reviews::{self, Review};
use crate::meeting::MeetingStatus;

/// One meeting, relative to the day on which the samples are made.
pub(super) struct SampleMeeting {
    pub(super) days_ago: i64,
    /// Minutes after midnight UTC.
    pub(super) starts_at: i64,
    pub(super) title: &'static str,
    pub(super) call_type: &'static str,
    /// Which of the organization's people held it, and under what name.
    pub(super) seller: usize,
    pub(super) guests: &'static [&'static str],
    pub(super) outcome: Outcome,
}

/// What became of a meeting.
pub(super) enum Outcome {
    /// There is a transcript and a report about it.
    Completed(Conversation, Review),
    /// There is a transcript, and nothing more yet.
    Transcribed(MeetingStatus, Conversation),
    /// There is nothing but the time it took, in minutes.
    Silent(MeetingStatus, i64),
}

pub(super) const SELLERS: [&str; 3] = ["Dana Reyes", "Marcus Webb", "Priya Nair"];

const DANA: usize = 0;
const MARCUS: usize = 1;
const PRIYA: usize = 2;

use MeetingStatus::{Failed, Fetched, NoTranscript, Pending, Processing};
use Outcome::{Completed, Silent, Transcribed};

#[rustfmt::skip]
pub(super) const MEETINGS: [SampleMeeting; 24] = [
    meeting(1, 9 * 60, "Pilot review with Atlas Freight", "review", DANA,
        &["Mei Tanaka", "Victor Hahn"], Transcribed(Processing, conversations::ATLAS)),
    meeting(1, 13 * 60 + 30, "Discovery: Solvang Bakeries", "discovery", MARCUS,
        &["Kirsten Holm"], Silent(Pending, 30)),
    meeting(2, 10 * 60, "Pricing call with Lumen Gardens", "negotiation", PRIYA,
        &["Owen Clarke"], Transcribed(Fetched, conversations::LUMEN)),
    meeting(2, 14 * 60, "Demo for Tidewater Couriers", "demo", DANA,
        &["Sam Whitlock", "Nora Bryce"], Silent(Pending, 45)),
    meeting(3, 8 * 60 + 30, "Objections at Kestrel Post", "negotiation", MARCUS,
        &["Helga Brandt"], Completed(conversations::KESTREL, reviews::KESTREL)),
    meeting(3, 15 * 60, "Intro: Marlow & Sons", "discovery", PRIYA,
        &["Edith Marlow"], Silent(Pending, 20)),
    meeting(5, 11 * 60, "Renewal talk with Fenwick Florists", "negotiation", DANA,
        &["Grace Fenwick"], Completed(conversations::FENWICK, reviews::FENWICK)),
    meeting(6, 9 * 60 + 30, "Demo for Pinecrest Dairy", "demo", MARCUS,
        &["Hal Jensen"], Silent(Failed, 38)),
    meeting(8, 10 * 60 + 15, "Access rights demo for Castellan", "demo", PRIYA,
        &["Renata Costa"], Completed(conversations::CASTELLAN, reviews::CASTELLAN)),
    meeting(9, 16 * 60, "Discovery: Quarry Lane Tiles", "discovery", DANA,
        &["Bill Oakes"], Silent(NoTranscript, 25)),
    meeting(10, 9 * 60, "Discovery: Meridian Parcels", "discovery", MARCUS,
        &["Aisha Khan"], Completed(conversations::MERIDIAN, reviews::MERIDIAN)),
    meeting(12, 13 * 60, "Contract questions, Hollis Foods", "negotiation", PRIYA,
        &["Ruth Hollis", "Andre Petit"], Silent(NoTranscript, 32)),
    meeting(13, 10 * 60, "Three months with Orchard Grocers", "check_in", DANA,
        &["Luis Ortega"], Completed(conversations::ORCHARD, reviews::ORCHARD)),
    meeting(15, 14 * 60 + 30, "Demo for Vance Medical Supply", "demo", MARCUS,
        &["Lena Vance"], Silent(Failed, 41)),
    meeting(16, 11 * 60, "Price talk with Brightfield", "negotiation", PRIYA,
        &["Caroline Hughes"], Completed(conversations::BRIGHTFIELD, reviews::BRIGHTFIELD)),
    meeting(19, 9 * 60 + 45, "Discovery: Riverbend Laundry", "discovery", DANA,
        &["Yusuf Demir"], Silent(NoTranscript, 28)),
    meeting(20, 15 * 60 + 30, "Route demo for Halden Gas", "demo", MARCUS,
        &["Ingrid Solberg", "Jonas Lie"], Completed(conversations::HALDEN, reviews::HALDEN)),
    meeting(22, 8 * 60, "Check-in with Polar Seafood", "check_in", PRIYA,
        &["Astrid Moe"], Silent(NoTranscript, 22)),
    meeting(23, 10 * 60 + 30, "Discovery: Nordwind Logistics", "discovery", DANA,
        &["Tom Becker"], Completed(conversations::NORDWIND, reviews::NORDWIND)),
    meeting(26, 13 * 60 + 15, "Intro: Copperfield Books", "discovery", MARCUS,
        &["June Parrish"], Silent(Failed, 18)),
    meeting(29, 12 * 60, "Demo for Southgate Pharmacy", "demo", PRIYA,
        &["Omar Haddad", "Claire Dunn"], Silent(NoTranscript, 47)),
    meeting(31, 9 * 60 + 15, "Discovery: Wexford Hire", "discovery", DANA,
        &["Paul Wexford"], Silent(Failed, 33)),
    meeting(34, 14 * 60, "Check-in with Elmwood Catering", "check_in", MARCUS,
        &["Hannah Cole"], Silent(NoTranscript, 24)),
    meeting(38, 10 * 60, "Intro: Larkspur Organics", "discovery", PRIYA,
        &["Theo Lark"], Silent(NoTranscript, 26)),
];

const fn meeting(
    days_ago: i64,
    starts_at: i64,
    title: &'static str,
    call_type: &'static str,
    seller: usize,
    guests: &'static [&'static str],
    outcome: Outcome,
) -> SampleMeeting {
    SampleMeeting {
        days_ago,
        starts_at,
        title,
        call_type,
        seller,
        guests,
        outcome,
    }
}
