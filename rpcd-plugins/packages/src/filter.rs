//! Whether a name may have been seen before: one bit for each hash.

/// Nearly every name is new, and walking through all names for each takes a slow router a second
/// for 1000 packages.
pub(crate) struct Filter {
    bits: [u8; 4096],
}

impl Filter {
    /// No name was seen.
    pub(crate) const fn new() -> Self {
        Self { bits: [0; 4096] }
    }

    /// Notes a name. False if it was never noted before; true if it was, and rarely if it was not.
    pub(crate) fn note(&mut self, name: &[u8]) -> bool {
        let hash = name.iter().fold(FNV_OFFSET, |hash, byte| {
            (hash ^ u32::from(*byte)).wrapping_mul(FNV_PRIME)
        });
        // The upper bits are mixed best: 12 choose the byte, the 3 below them the bit in it.
        let bit = 1u8 << ((hash >> 17) & 7);
        let Some(byte) = self.bits.get_mut((hash >> 20) as usize) else {
            return true;
        };
        let before = *byte;
        *byte |= bit;
        before & bit != 0
    }
}

/// The constants of FNV-1a for 32 bits.
const FNV_OFFSET: u32 = 0x811c_9dc5;
const FNV_PRIME: u32 = 0x0100_0193;
