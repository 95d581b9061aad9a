//! Which addresses a build may read, and what they are called inside.

use reqwest::Url;

use super::listing::is_adb;
use super::signers::Signers;
use crate::sandbox::ADDRESS;

/// A place that may be read, with all that lies below it.
#[derive(Debug)]
pub(super) struct Door {
    /// `https://feeds.example`.
    origin: String,
    /// `/24.10/mine/`.
    below: String,
    /// Who may sign the indexes there.
    pub(super) signers: Signers,
}

impl Door {
    /// To what lies below `url`; an index that is named itself lies among its packages.
    pub(super) fn new(url: &str, signers: Signers) -> Self {
        let host = url.find("://").map_or(0, |at| at + 3);
        let end = url[host..].find('/').map_or(url.len(), |at| host + at);
        let (origin, path) = url.split_at(end);
        let folder = match path.rsplit_once('/') {
            Some((folder, _)) if is_adb(path) => folder,
            _ => path.trim_end_matches('/'),
        };
        Self {
            origin: origin.to_owned(),
            below: format!("{folder}/"),
            signers,
        }
    }

    /// Whether what `other` leads to is reached by this door, too.
    fn leads_to(&self, other: &Self) -> bool {
        self.origin == other.origin && other.below.starts_with(&self.below)
    }
}

/// What `url`, which lies below one of the doors, is called inside.
///
/// Of several doors the closest is taken: a feed's own keys count for it.
pub(super) fn inside(doors: &[Door], url: &str) -> String {
    let wanted = Door::new(url, Signers::default());
    let known = doors.iter().enumerate();
    let known = known.filter(|(_, door)| door.leads_to(&wanted));
    // The first of equals: the mirror.
    let closest = known.rev().max_by_key(|(_, door)| door.below.len());
    let number = closest.map_or(0, |(number, _)| number);
    let path = url.strip_prefix(&wanted.origin).unwrap_or_default();
    format!("http://{ADDRESS}/{number}{path}")
}

/// The door and the address outside of what is called `path` inside, if it may be read.
pub(super) fn outside<'a>(doors: &'a [Door], path: &str) -> Option<(&'a Door, Url)> {
    let (number, rest) = path.strip_prefix('/')?.split_once('/')?;
    let door = doors.get(number.parse::<usize>().ok()?)?;
    let place = format!("/{rest}");
    let climbs = place.split('/').any(|part| {
        let part = part.to_ascii_lowercase().replace("%2e", ".");
        part == ".." || part.contains("%2f") || part.contains(['\\', '?', '#'])
    });
    if climbs || !place.starts_with(&door.below) {
        return None;
    }
    let url = Url::parse(&format!("{}{place}", door.origin)).ok()?;
    url.path().starts_with(&door.below).then_some((door, url))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn doors<const N: usize>(urls: [&str; N]) -> [Door; N] {
        urls.map(|url| Door::new(url, Signers::default()))
    }

    fn reached(doors: &[Door], path: &str) -> Option<String> {
        outside(doors, path).map(|(_, url)| url.to_string())
    }

    #[test]
    fn only_what_lies_below_is_reached() {
        let doors = doors([
            "http://m.example:8/owrt",
            "https://f.example/x/packages.adb",
        ]);
        assert_eq!(
            reached(&doors, "/0/owrt/releases/1/Packages.gz").as_deref(),
            Some("http://m.example:8/owrt/releases/1/Packages.gz")
        );
        assert_eq!(
            reached(&doors, "/1/x/a.apk").as_deref(),
            Some("https://f.example/x/a.apk")
        );
        for path in [
            "/0/other",
            "/0/owrt",
            "/0/owrtx/a",
            "/2/x",
            "/0/owrt/../etc",
            "/0/owrt/%2E%2e/a",
            "/0/owrt/.%2e/a",
            "/0/owrt/..%2fa",
            "http://evil/",
            "/",
            "/1/x",
        ] {
            assert_eq!(reached(&doors, path), None, "{path}");
        }
    }

    #[test]
    fn a_feed_on_the_mirror_has_its_own_door() {
        let doors = doors(["http://m.example", "http://m.example/extra/mine"]);
        let name = |url| inside(&doors, url);
        assert!(name("http://m.example/releases").ends_with("/0/releases"));
        assert!(name("http://m.example/extra").ends_with("/0/extra"));
        assert!(name("http://m.example/extra/mine").ends_with("/1/extra/mine"));
    }

    proptest! {
        #[test]
        fn no_path_leads_out(path in "/[01]/owrt/([a-z.%2eEfF5cC/\\\\@:?#~+-]|%2[eEfF]|\\.\\./){0,30}") {
            let doors = doors(["http://m.example:8/owrt", "https://f.example/owrt/mine"]);
            if let Some((door, url)) = outside(&doors, &path) {
                prop_assert!(url.as_str().starts_with(&door.origin));
                prop_assert!(url.path().starts_with(&door.below));
                prop_assert!(url.query().is_none() && url.fragment().is_none());
                prop_assert_eq!(url.username(), "");
                prop_assert!(url.path_segments().unwrap().all(|part| part != ".."));
            }
        }

        #[test]
        fn what_is_inside_is_the_same_outside(place in "[a-zA-Z0-9._~+-]{1,12}(/[a-zA-Z0-9_~+][a-zA-Z0-9._~+-]{0,12}){0,4}") {
            prop_assume!(!place.starts_with('.'));
            let doors = doors(["http://m.example:8/owrt", "https://f.example/x"]);
            let url = format!("http://m.example:8/owrt/{place}");
            let path = inside(&doors, &url);
            let path = path.strip_prefix(&format!("http://{ADDRESS}")).unwrap();
            prop_assert_eq!(reached(&doors, path), Some(url));
        }
    }
}
