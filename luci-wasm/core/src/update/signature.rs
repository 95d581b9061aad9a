//! The signature of the image: fetched from the server, judged by the router.

use super::Step;
use super::calls::{ANSWER, Purpose};
use crate::answer::ubus_reply;
use crate::effect::{Body, Effect, Reply};
use crate::json::{Json, map};
use crate::model::{Model, Signature};
use crate::trouble::Trouble;
use crate::words::w;

impl Model {
    /// Asks for the signature that servers with a key have; most servers have none.
    pub(crate) fn ask_for_signature(&mut self) {
        let mut url = self.image_url();
        url.push_str(".sig");
        let id = self.expect(Purpose::Signature, ANSWER);
        let body = None;
        self.out.push(Effect::Http { id, url, body });
    }

    pub(crate) fn signed(&mut self, reply: &Reply) {
        self.job.signature.clear();
        if let Reply::Http {
            status: 200,
            body: Body::Text(text),
        } = reply
            && key_number(text).is_some()
        {
            self.job.signature.clone_from(text);
        }
        self.run(Step::Upload);
    }

    /// Lets the router compare the image; with its signature, if the router knows the key.
    pub(crate) fn judge(&mut self) {
        match key_number(&self.job.signature) {
            None => {
                self.job.signed = Signature::Absent;
                self.compare_sums();
            }
            Some(number) => {
                let path = ["/etc/opkg/keys/", &number].concat();
                self.job.signed = Signature::Unknown(number);
                let arguments = map([("path", path.as_str().into())]);
                self.call(Purpose::Key, ANSWER, "file stat", arguments);
            }
        }
    }

    pub(crate) fn key_looked_up(&mut self, reply: Reply) {
        let is_there = ubus_reply(reply).is_ok_and(|file| file.get("path").text().is_some());
        if let (true, Signature::Unknown(number)) = (is_there, self.job.signed.clone()) {
            self.job.signed = Signature::Known(number);
        }
        self.compare_sums();
    }

    /// The signature to compare, where the router can.
    pub(crate) fn known_signature(&self) -> Option<&str> {
        let is_known = matches!(self.job.signed, Signature::Known(_));
        is_known.then_some(self.job.signature.as_str())
    }

    /// Whether the router refused the signature of a file that arrived whole.
    pub(crate) fn is_forged(&self, reply: &Json) -> bool {
        let found = reply.string("sha256");
        // The router says no sum where the signature is wrong.
        self.known_signature().is_some()
            && (found.is_empty() || found.eq_ignore_ascii_case(&self.job.image.sha256))
    }
}

/// The number of the key that made a signature of usign, 16 hex digits.
///
/// Its second line is base64 of the two letters `Ed`, eight bytes of the number, and the signature.
/// Read by hand, because a base64 crate would cost the module more than these sixteen letters.
fn key_number(signature: &str) -> Option<String> {
    let code = signature.lines().nth(1)?.as_bytes().get(..16)?;
    let mut bits = 0_u128;
    for letter in code {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u128::from(value);
    }
    let digits = (4..20).rev().map(|place| bits >> (place * 4) & 15);
    digits
        .map(|digit| char::from_digit(u32::try_from(digit).ok()?, 16))
        .collect()
}

pub(super) fn forged() -> Trouble {
    Trouble::new(
        "bad-signature",
        w!("The signature of the image is wrong"),
        w!("The image is the one the server announced, but it was not signed with the key of this server that the router has. Somebody may have changed it on the server."),
        w!("Do not flash it. Tell the operator of the server, or go back and use another server."),
    )
    .settled()
    .retry(Step::Download)
}

#[cfg(test)]
mod tests {
    use super::key_number;

    #[test]
    fn the_number_of_a_key_is_read() {
        let signature = "untrusted comment: signed by key 8a11255d14aef6c8\nRWSKESVdFK72yAAAAAAAAAAAAAAAAAAAAAAA\n";
        assert_eq!(key_number(signature).as_deref(), Some("8a11255d14aef6c8"));
        for bad in [
            "",
            "<html>\n<body>",
            "untrusted comment: x\nshort",
            "a\n****************",
        ] {
            assert_eq!(key_number(bad), None, "{bad}");
        }
    }
}
