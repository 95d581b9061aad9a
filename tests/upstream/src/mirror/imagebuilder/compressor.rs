//! The compression of an archive, as the release has it.

use std::io::Write;

use anyhow::{Result, bail};
use liblzma::stream::{Check, Filters, LzmaOptions, Stream};
use liblzma::write::XzEncoder;

use crate::world::release::Release;

/// Compresses an archive into memory.
pub(super) enum Compressor {
    Xz(XzEncoder<Vec<u8>>),
    Zstd(zstd::Encoder<'static, Vec<u8>>),
}

/// What a release packs its ImageBuilders with.
pub(super) fn of(release: &Release) -> Result<Compressor> {
    match release.imagebuilder {
        "tar.xz" => {
            // Most of the archive is noise: searching it for matches takes time and finds none.
            let mut options = LzmaOptions::new_preset(0)?;
            options.depth(1).nice_len(16);
            let stream = Stream::new_stream_encoder(Filters::new().lzma2(&options), Check::Crc64)?;
            Ok(Compressor::Xz(XzEncoder::new_stream(Vec::new(), stream)))
        }
        "tar.zst" => Ok(Compressor::Zstd(zstd::Encoder::new(Vec::new(), 1)?)),
        other => bail!("there is no way to pack an ImageBuilder as {other}"),
    }
}

impl Compressor {
    /// The archive.
    pub(super) fn finish(self) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Xz(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl Write for Compressor {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Xz(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Xz(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}
