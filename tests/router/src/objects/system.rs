//! procd's object `system`: what this router is, and whether an image fits it.

use std::path::Path;
use std::sync::Arc;

use super::{Object, signature};
use crate::blobmsg::kind::STRING;
use crate::device::Device;
use crate::ubus::{Signature, Status};
use crate::value::{Table, Value};

/// The object `system`.
pub(super) struct SystemObject {
    device: Arc<Device>,
}

impl SystemObject {
    pub(super) fn new(device: Arc<Device>) -> Self {
        Self { device }
    }
}

impl Object for SystemObject {
    fn signature(&self) -> Signature {
        let path = [("path", STRING)];
        signature(
            "system",
            &[
                ("board", &[]),
                ("info", &[]),
                ("reboot", &[]),
                ("validate_firmware_image", &path),
            ],
        )
    }

    fn call(&mut self, method: &str, arguments: &Table) -> Result<Table, Status> {
        match method {
            "board" => Ok(self.board()),
            "info" => Ok(self.info()),
            "reboot" => {
                Device::reboot();
                Ok(Table::new())
            }
            _ => {
                let path = arguments.text("path").ok_or(Status::InvalidArgument)?;
                let verdict = self.device.validate(Path::new(path));
                match serde_json::from_str(&verdict.to_json()) {
                    Ok(Value::Table(table)) => Ok(table),
                    _ => Err(Status::UnknownError),
                }
            }
        }
    }
}

impl SystemObject {
    fn board(&self) -> Table {
        let release = Device::release();
        let description = format!(
            "{} {} {}",
            release.distribution, release.version, release.revision
        );
        let table = Table::new()
            .with("distribution", release.distribution)
            .with("version", release.version)
            .with("revision", release.revision)
            .with("target", release.target)
            .with("description", description);
        Table::new()
            .with("kernel", Device::kernel())
            .with(
                "hostname",
                Device::system_option("hostname").unwrap_or_else(|| "OpenWrt".to_owned()),
            )
            .with("model", self.device.machine.model.as_str())
            .with("board_name", self.device.machine.board.as_str())
            .with("rootfs_type", "squashfs")
            .with("release", table)
    }

    fn info(&self) -> Table {
        let total = i64::try_from(self.device.machine.memory_bytes()).unwrap_or(i64::MAX);
        let memory = Table::new()
            .with("total", total)
            .with("free", total / 2)
            .with("available", total / 2);
        let uptime = i64::try_from(self.device.started.elapsed().as_secs()).unwrap_or(i64::MAX);
        Table::new().with("uptime", uptime).with("memory", memory)
    }
}
