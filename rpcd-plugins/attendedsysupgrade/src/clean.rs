//! `clean`: removes the image.

use asu_rpcd_plugin::{Call, Handler, Message, Status, remove};

use crate::image::{FINDINGS, Findings, PATH};

pub(crate) struct Clean;

impl Handler for Clean {
    fn handle(call: &mut Call<'_>) -> Result<(), Status> {
        FINDINGS.set(Findings::NONE);
        remove(PATH)?;
        call.reply(&mut Message::new())
    }
}
