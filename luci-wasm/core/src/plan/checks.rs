//! What can be told of an upgrade before anything is built, besides what the plan says.

use asu_protocol::plan::Warning;

use super::Plan;
use crate::image::{choose, is_disk};
use crate::model::Model;
use crate::units::bytes;
use crate::words::w;

/// What is to be free besides the known part of an image, bytes: a plan knows the packages and not
/// the kernel, and sysupgrade copies the tools it needs into memory, which is where `/tmp` is.
const WORK: u64 = 6 << 20;

/// What was looked at: what is well, in words, and what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Checks {
    pub(crate) good: Vec<String>,
    pub(crate) bad: Vec<Warning>,
}

impl Checks {
    /// Whether a build would be in vain.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.bad.iter().any(|warning| warning.code == "no-image")
    }

    fn warn(&mut self, code: &str, text: String) {
        self.bad.push(Warning {
            code: code.to_owned(),
            text,
            packages: Vec::new(),
            needs_consent: false,
        });
    }
}

impl Model {
    /// Looks at the files upstream built, the router's memory and what the plan says.
    pub(crate) fn checks(&self, plan: &Plan) -> Checks {
        let mut checks = Checks::default();
        let stock = self.check_image(plan, &mut checks);
        let size = stock.max(plan.size.as_ref().map(|size| size.download));
        if let Some(size) = size {
            self.check_memory(plan, size, &mut checks);
        }
        if !plan.is_own && !self.loses_settings() {
            let kept = w!("Your settings can be kept.");
            checks.good.push(kept.to_owned());
        }
        checks
    }

    /// Whether there is a file to flash; how large it is, where that is known.
    fn check_image(&self, plan: &Plan, checks: &mut Checks) -> Option<u64> {
        let images = self.known_images();
        if images.is_empty() {
            return None;
        }
        match choose(images, &self.as_wished()) {
            Ok(image) => {
                let there = w!(
                    "There is an image for this router, of the kind “{0}”.",
                    image.kind
                );
                checks.good.push(there);
                image.size
            }
            Err(kinds) => {
                let version = &plan.to.version;
                let text = if is_disk(&self.router.target) && self.router.efi {
                    w!(
                        "This router starts by EFI, and OpenWrt {0} has no image for that. Choose another version.",
                        version
                    )
                } else {
                    w!(
                        "OpenWrt {0} has no image that this router can flash while it runs; it has only: {1}. Choose another version, or look the device up in the OpenWrt table of hardware: it may need a manual installation.",
                        version,
                        kinds.join(", ")
                    )
                };
                checks.warn("no-image", text);
                None
            }
        }
    }

    fn check_memory(&self, plan: &Plan, size: u64, checks: &mut Checks) {
        let told = |code: &str| plan.warnings.iter().any(|warning| warning.code == code);
        if told("tmp-too-small") {
            return;
        }
        let (tmp, memory) = (self.router.tmp_free, self.router.memory_available);
        let low = |free: &u64| *free < size.saturating_add(WORK);
        if let Some(free) = tmp.filter(|free| *free < size) {
            checks.warn("tmp-too-small", w!("The image will take at least {0}, but only {1} are free on the router right now. Restart it or stop services before you go on.", bytes(size), bytes(free)));
        } else if let Some(free) = memory.filter(low).or(tmp.filter(low)) {
            checks.warn("memory-low", w!("The router keeps the image, at least {0}, in memory and needs some more to write it, but only {1} are free. Restart it or stop services before you go on.", bytes(size), bytes(free)));
        } else if let Some(free) = tmp {
            checks.good.push(w!(
                "The image, at least {0}, fits into the router’s memory: {1} are free.",
                bytes(size),
                bytes(free)
            ));
        }
    }
}
