//! Short text in a buffer of fixed size, for values that must outlive the line they were read from.

/// Up to `N` bytes of text.
#[derive(Debug, Clone, Copy)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Text<N> {
    /// An empty text.
    pub const fn new() -> Self {
        Self {
            bytes: [0; N],
            len: 0,
        }
    }

    /// Replaces the text; what does not fit leaves it empty, because half a name is a wrong name.
    pub fn set(&mut self, value: &[u8]) {
        self.len = 0;
        if value.len() <= N {
            self.append(value);
        }
    }

    /// Appends as much as fits.
    pub fn append(&mut self, value: &[u8]) {
        for byte in value {
            let Some(slot) = self.bytes.get_mut(self.len) else {
                return;
            };
            *slot = *byte;
            self.len += 1;
        }
    }

    /// Empties the text.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// The bytes that were set.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The text, if it is UTF-8 and not empty.
    pub fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(self.as_bytes())
            .ok()
            .filter(|text| !text.is_empty())
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The longest beginning of `bytes` that is UTF-8.
pub fn utf8_prefix(bytes: &[u8]) -> &str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => bytes
            .get(..error.valid_up_to())
            .and_then(|valid| core::str::from_utf8(valid).ok())
            .unwrap_or_default(),
    }
}
