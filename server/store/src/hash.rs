use asu_protocol::build::BuildRequest;
use sha2::{Digest, Sha256};

/// The identity of a canonical request: SHA-256, hex, of all it asks for.
///
/// `client` is left out: who asks does not change the image. The request must be canonical
/// (aliases resolved, packages sorted), or equal wishes get different names.
///
/// # Panics
/// Never: a request always has a JSON form. If that ceased to be true, a panic would be better than
/// one name for two wishes, which would hand somebody another one's image.
pub fn request_hash(canonical: &BuildRequest) -> String {
    let wish = BuildRequest {
        client: None,
        ..canonical.clone()
    };
    // Fields are written in the order of the type and maps are sorted: equal wishes, equal bytes.
    let bytes = serde_json::to_vec(&wish).expect("text, numbers and maps with text keys are JSON");
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(json: &str) -> BuildRequest {
        serde_json::from_str(json).unwrap()
    }

    const BASE: &str =
        r#"{"version":"24.10.2","target":"ath79/generic","profile":"p","packages":["a","b"]}"#;

    #[test]
    fn it_is_64_hex_digits() {
        let hash = request_hash(&request(BASE));
        assert!(hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
    }

    /// Told to clients and stored in their databases: a field that is not used must not change it.
    #[test]
    fn a_plain_request_keeps_its_identity() {
        assert_eq!(
            request_hash(&request(BASE)),
            "f637c5684eaf8940f84f87db5519496e0f3d7cd3bd1444fcd67d1cf68dac29b5"
        );
    }

    #[test]
    fn who_asks_does_not_matter() {
        let mut other = request(BASE);
        other.client = Some("owut/1".to_owned());
        assert_eq!(request_hash(&request(BASE)), request_hash(&other));
    }

    #[test]
    fn every_wish_matters() {
        let base = request(BASE);
        let changes: [fn(&mut BuildRequest); 12] = [
            |r| r.distro = "other".to_owned(),
            |r| r.version = "24.10.1".parse().unwrap(),
            |r| r.version_code = "r1-0".to_owned(),
            |r| r.target = "x86/64".parse().unwrap(),
            |r| r.profile = "q".parse().unwrap(),
            |r| r.packages.truncate(1),
            |r| r.diff_packages = true,
            |r| r.defaults = Some("true".to_owned()),
            |r| r.files = [("etc/banner".parse().unwrap(), "Hello\n".to_owned())].into(),
            |r| r.rootfs_size_mb = Some(1),
            |r| r.disabled_services = ["uhttpd".parse().unwrap()].into(),
            |r| {
                r.repositories =
                    serde_json::from_str(r#"{"mine":"https://feeds.example"}"#).unwrap();
            },
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut other = base.clone();
            change(&mut other);
            assert_ne!(request_hash(&base), request_hash(&other), "change {number}");
        }
    }
}
