//! Short text in a buffer of fixed size, for values that must outlive the line they were read from.

/// Most bytes of a text. Names and versions are far shorter.
const ROOM: usize = 255;

/// Up to 255 printable ASCII characters.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    len: u8,
    bytes: [u8; ROOM],
}

impl Text {
    /// An empty text.
    pub const fn new() -> Self {
        Self {
            len: 0,
            bytes: [0; ROOM],
        }
    }

    /// Takes over the first word of `line`.
    ///
    /// A word that does not fit, or has a character that is not printable ASCII, leaves the text
    /// empty: half a name is a wrong name. That holds for a NUL as well: C readers of a reply would
    /// see the half before it.
    pub fn set_word(&mut self, line: &[u8]) {
        self.len = 0;
        let mut len = 0u8;
        for byte in line {
            match (*byte, self.bytes.get_mut(usize::from(len))) {
                (b'!'..=b'~', Some(slot)) => *slot = *byte,
                (b'\t'..=b' ', _) if len == 0 => continue,
                (b'\t'..=b' ', _) => break,
                _ => return,
            }
            len += 1;
        }
        self.len = len;
    }

    /// Empties the text.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_word_or_nothing() {
        let mut text = Text::new();
        for (line, word) in [
            (&b" libc \r"[..], &b"libc"[..]),
            (b"\tlibc\t2", b"libc"),
            (b"li\0bc", b""),
            (b"\0libc", b""),
            (b"libc\0", b""),
            (b"libc \0", b"libc"),
            (b"1.2-r3 x", b"1.2-r3"),
            (b"", b""),
            (b"  ", b""),
            (b"caf\xe9", b""),
            (&[b'x'; 255], &[b'x'; 255]),
            (&[b'x'; 256], b""),
        ] {
            text.set_word(line);
            assert_eq!(text.as_bytes(), word);
        }
    }
}
