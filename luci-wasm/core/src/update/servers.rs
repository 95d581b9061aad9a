//! What happens when a build server does not help: the next one is asked.

use crate::model::Model;
use crate::trouble::Trouble;

impl Model {
    /// Asks the next server the router names, if the last one was named by the router too: an
    /// address that a person typed is not replaced behind their back.
    pub(crate) fn try_next_server(&mut self, trouble: &Trouble) -> bool {
        let servers = &self.servers.build;
        let place = self
            .server
            .as_ref()
            .and_then(|server| servers.iter().position(|other| other == server));
        let Some(next) = place.and_then(|place| servers.get(place + 1)).cloned() else {
            return false;
        };
        let failed = self.server.take().unwrap_or_default();
        self.skipped.push((failed, trouble.title.clone()));
        self.search_at(next);
        true
    }
}
