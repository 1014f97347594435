//! Every use case of the control plane; the one mutator.
