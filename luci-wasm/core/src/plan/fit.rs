//! Whether the new image fits, as far as anybody can tell.

use asu_protocol::plan::SizeEstimate;

/// A part of the router's storage and how much of it the upgrade takes, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Space {
    /// What it takes.
    pub(crate) taken: u64,
    /// What there is.
    pub(crate) room: u64,
    /// Whether that is all packages in the whole partition, or what they grow in the free part.
    pub(crate) is_whole: bool,
}

impl Space {
    /// Of the partition where its size is known, otherwise of what is free, if anything is taken.
    pub(crate) fn of(size: &SizeEstimate, free: Option<u64>) -> Option<Self> {
        if let Some(room) = size.limit {
            return Some(Self {
                taken: size.download,
                room,
                is_whole: true,
            });
        }
        let taken = u64::try_from(size.growth?)
            .ok()
            .filter(|taken| *taken > 0)?;
        free.map(|room| Self {
            taken,
            room,
            is_whole: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_says_more_than_what_is_free() {
        let size = SizeEstimate {
            download: 9,
            growth: Some(-2),
            limit: Some(10),
            ..SizeEstimate::default()
        };
        let whole = Space::of(&size, Some(5)).unwrap();
        assert_eq!((whole.taken, whole.room), (9, 10));
        let shrinks = SizeEstimate {
            limit: None,
            ..size
        };
        assert_eq!(Space::of(&shrinks, Some(5)), None);
        let size = SizeEstimate {
            growth: Some(2),
            ..shrinks
        };
        let free = Space::of(&size, Some(5)).unwrap();
        assert_eq!((free.taken, free.room, free.is_whole), (2, 5, false));
        assert_eq!(Space::of(&size, None), None);
    }
}
