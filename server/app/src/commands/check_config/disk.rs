//! The data folder.

use std::path::Path;

use asu_server::DataDir;
use bytesize::ByteSize;
use rustix::fs::{Access, access, statvfs};

use super::{Report, Told};
use crate::args::Serve;

pub(super) fn check(serve: &Serve, report: &mut Report) {
    let data = &serve.data;
    report.add("data folder", folder(data));
    report.add("free disk space", room(data, serve.building.disk_floor()));
}

fn folder(data: &Path) -> Told {
    let shown = data.display();
    if !data.exists() {
        let above = existing(data);
        may_write(above)?;
        return Ok(format!("{shown} is made at the first start"));
    }
    if !data.is_dir() {
        return Err(format!("{shown} is not a folder; check --data").into());
    }
    may_write(data)?;
    if DataDir::is_taken(data) {
        return Ok(format!("{shown}, which a running server uses"));
    }
    Ok(format!("{shown} can be used"))
}

fn may_write(folder: &Path) -> Result<(), String> {
    let rights = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    access(folder, rights).map_err(|error| {
        let folder = folder.display();
        format!("this user may not write to {folder}: {error}; change its owner, or --data")
    })
}

fn room(data: &Path, floor: u64) -> Told {
    let disk = statvfs(existing(data))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let (free, least) = (ByteSize(free), ByteSize(floor));
    if free < least {
        return Err(format!(
            "{free} are free and {least} must be before anything is built; make room, or lower --disk-floor"
        )
        .into());
    }
    Ok(format!("{free}"))
}

/// The folder itself, or the nearest above that is there.
fn existing(folder: &Path) -> &Path {
    let there = folder.ancestors().find(|folder| folder.exists());
    // Of a relative path, the last one is empty.
    there.unwrap_or(Path::new("."))
}
