//! The HTTP edge: reads the credential, asks the verifier, inserts the grant.
