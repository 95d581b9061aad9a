//! Texts from files and tools.

/// A text without what surrounds it: spaces and line ends, and `quotes`.
#[inline(never)]
pub(crate) fn trim(mut text: &[u8], quotes: bool) -> &[u8] {
    let surrounds = |byte: u8| byte <= b' ' || quotes && matches!(byte, b'\'' | b'"');
    while let [first, rest @ ..] = text
        && surrounds(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && surrounds(*last)
    {
        text = rest;
    }
    text
}
