//! How long changes took to hold, as a histogram for each proof.

use std::time::Duration;

use prometheus_client::metrics::histogram::Histogram;

use crate::Proof;

/// Upper bounds, in seconds: a healthy answer, a slow one, and the usual leases.
const BUCKETS: [f64; 11] = [
    0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 2.0, 6.0, 61.0,
];

/// How long it took after the commit until a change held everywhere.
pub struct Waits(Vec<(Proof, Histogram)>);

impl Waits {
    pub(crate) fn new() -> Self {
        let proofs = [Proof::Local, Proof::Acks, Proof::LeaseExpiry];
        Self(proofs.map(|proof| (proof, Histogram::new(BUCKETS))).into())
    }

    /// The histogram of each proof, in seconds; clones share it.
    pub fn histograms(&self) -> &[(Proof, Histogram)] {
        &self.0
    }

    pub(crate) fn note(&self, proof: Proof, waited: Duration) {
        let histogram = self.0.iter().find(|(other, _)| *other == proof);
        if let Some((_, histogram)) = histogram {
            histogram.observe(waited.as_secs_f64());
        }
    }
}
