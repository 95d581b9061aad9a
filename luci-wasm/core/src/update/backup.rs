//! The router's own backup of its settings, saved by the browser.

use super::calls::Purpose;
use crate::effect::{Effect, Reply};
use crate::model::{Backup, Model};
use crate::words::w;

/// How long the router may take to pack its settings, milliseconds.
const PACKING: u64 = 60_000;

impl Model {
    pub(crate) fn back_up(&mut self) {
        let Some(session) = self.session.clone() else {
            return;
        };
        if self.backup == Backup::Running {
            return;
        }
        self.backup = Backup::Running;
        let url = self.options.backup_url.clone();
        let id = self.expect(Purpose::Backup, PACKING);
        self.out.push(Effect::Save { id, url, session });
    }

    pub(crate) fn backed_up(&mut self, reply: &Reply) {
        self.backup = match reply {
            Reply::Http { status: 200, .. } => Backup::Saved,
            Reply::Http { status: 403, .. } => Backup::Failed(
                w!("This login may not read the settings, or its session has ended. Log in as root, then try again.").to_owned(),
            ),
            Reply::Http { status: 404, .. } => Backup::Failed(
                w!("The router’s web server has no cgi-backup. Install the package cgi-io on the router, then try again.").to_owned(),
            ),
            Reply::Http { status, .. } => {
                Backup::Failed(w!("The router answered with HTTP status {0}. Try again.", status))
            }
            _ => Backup::Failed(
                w!("The connection to the router broke off or stood still. Try again.").to_owned(),
            ),
        };
    }
}
