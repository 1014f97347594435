//! Base62 in the order `0-9A-Za-z`, the alphabet of everything after a key's prefix.

use crate::{Entropy, EntropyError};

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Fills `out` with uniformly random digits.
///
/// Six bits of every random byte make a candidate; 62 and 63 are thrown away,
/// since folding them back would make two digits likelier than the others.
pub(crate) fn fill_random(out: &mut [u8], entropy: &dyn Entropy) -> Result<(), EntropyError> {
    let mut pool = [0_u8; 64];
    let mut slots = out.iter_mut();
    let mut slot = slots.next();
    while slot.is_some() {
        entropy.fill(&mut pool)?;
        for byte in pool {
            let Some(target) = slot else { break };
            slot = match DIGITS.get(usize::from(byte & 0x3F)) {
                Some(digit) => {
                    *target = *digit;
                    slots.next()
                }
                None => Some(target),
            };
        }
    }
    zeroize::Zeroize::zeroize(&mut pool);
    Ok(())
}

/// `value` as six digits, most significant first. 62⁶ > 2³², so it always fits.
pub(crate) fn six_digits(mut value: u32) -> [u8; 6] {
    let mut out = [b'0'; 6];
    for place in out.iter_mut().rev() {
        if let Some(digit) = DIGITS.get((value % 62) as usize) {
            *place = *digit;
        }
        value /= 62;
    }
    out
}

pub(crate) fn is_base62(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_alphanumeric)
}
