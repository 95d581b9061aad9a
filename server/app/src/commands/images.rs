//! Where images are kept, and how clients get at them.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use asu_artifacts::{BucketSettings, BucketUrl, Credentials, HandOut};
use reqwest::Url;

use super::{Error, keep};

/// The longest an address can be signed for, by the rules of the signature.
const LONGEST: Duration = Duration::from_hours(7 * 24);

/// Where images are kept, and how clients get at them.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Images {
    /// Where images are kept, if not in the data folder: a bucket of an S3-compatible store.
    ///
    /// Several servers on one database may share it. Who uses it is said by AWS_ACCESS_KEY_ID and
    /// AWS_SECRET_ACCESS_KEY, by --s3-credentials, or by the machine's role at Amazon.
    #[arg(long = "images", value_name = "s3://BUCKET/PREFIX", env = "ASU_IMAGES")]
    place: Option<BucketUrl>,

    /// The S3 server, if it is not Amazon's, as in https://s3.example.org or http://minio.lan:9000.
    #[arg(long = "s3-endpoint", value_name = "URL", env = "AWS_ENDPOINT_URL", value_parser = web)]
    endpoint: Option<String>,

    /// The bucket's region, us-east-1 if it is not said.
    #[arg(long = "s3-region", value_name = "REGION", env = "AWS_REGION")]
    region: Option<String>,

    /// A file of credentials as Amazon's tools write it, readable by its owner alone.
    ///
    /// Its section [default] is read, or that of AWS_PROFILE.
    #[arg(
        long = "s3-credentials",
        value_name = "FILE",
        env = "AWS_SHARED_CREDENTIALS_FILE"
    )]
    credentials: Option<PathBuf>,

    /// How clients get what is in the bucket: proxied by this server, by signed addresses, or by a URL.
    ///
    /// A signed address leads to the S3 server for as long as --signed-for says. A URL is that of a folder
    /// which anybody may read and in which the prefix's objects are, as at a CDN. For either of them the
    /// store must allow any origin (CORS), or browsers refuse what it sends.
    #[arg(
        long = "serve-images",
        value_name = "proxied|signed|URL",
        env = "ASU_SERVE_IMAGES",
        default_value = "proxied"
    )]
    way: Way,

    /// How long a signed address is good for, as in 15m or 2h; 168h at most.
    #[arg(
        long = "signed-for",
        value_name = "TIME",
        env = "ASU_SIGNED_FOR",
        default_value = "15m",
        value_parser = signed_for
    )]
    signed_for: Duration,

    /// The S3 server as clients reach it, if not by --s3-endpoint.
    #[arg(
        long = "signed-endpoint",
        value_name = "URL",
        env = "ASU_SIGNED_ENDPOINT",
        value_parser = web
    )]
    signed_endpoint: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    Proxied,
    Signed,
    Public(String),
}

impl FromStr for Way {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "proxied" => Ok(Self::Proxied),
            "signed" => Ok(Self::Signed),
            url => web(url).map(Self::Public),
        }
    }
}

impl Images {
    /// The bucket, if there is to be one. Reads the credentials.
    pub(crate) fn settings(&self) -> Result<Option<BucketSettings>, Error> {
        let Some(url) = &self.place else {
            return if self.way == Way::Proxied {
                Ok(None)
            } else {
                Err("--serve-images is for images in a bucket; name one with --images".into())
            };
        };
        let profile = std::env::var("AWS_PROFILE").unwrap_or_else(|_| "default".to_owned());
        let read = |file: &PathBuf| Credentials::read(file, &profile);
        Ok(Some(BucketSettings {
            url: url.clone(),
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            credentials: self.credentials.as_ref().map(read).transpose()?,
            hand_out: self.hand_out(),
        }))
    }

    fn hand_out(&self) -> HandOut {
        match &self.way {
            Way::Proxied => HandOut::Proxied,
            Way::Public(base) => HandOut::Public(base.clone()),
            Way::Signed => HandOut::Signed {
                valid: self.signed_for,
                endpoint: self.signed_endpoint.clone(),
            },
        }
    }
}

/// The address of a folder on the web, without a slash at its end.
fn web(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.query().is_none()
            && url.fragment().is_none()
    });
    let url = url.ok_or("give an address as in https://cdn.example.org/images")?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn signed_for(text: &str) -> Result<Duration, String> {
    let time = keep::time(text)?;
    if time > LONGEST {
        return Err("addresses can be signed for 168h at most".to_owned());
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_two_words_or_an_address() {
        assert_eq!("proxied".parse(), Ok(Way::Proxied));
        assert_eq!("signed".parse(), Ok(Way::Signed));
        let public = Way::Public("https://cdn.example.org/x".to_owned());
        assert_eq!("https://cdn.example.org/x/".parse(), Ok(public));
        for bad in ["", "public", "ftp://x", "s3://images", "https://x/?a=b"] {
            assert!(bad.parse::<Way>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn addresses_are_signed_for_a_week_at_most() {
        assert_eq!(signed_for("15m"), Ok(Duration::from_mins(15)));
        assert_eq!(signed_for("168h"), Ok(LONGEST));
        assert!(signed_for("169h").is_err() && signed_for("30s").is_err());
    }
}
