//! What is asked of others: database, bucket, mirror; and whether others can ask us.

use asu_artifacts::Artifacts;
use asu_server::DataDir;
use asu_store::{Database, Form};
use tokio::net::TcpListener;

use super::{Report, Told};
use crate::args::Serve;

/// Why something was not asked.
const OFFLINE: &str = "not asked (--offline)";

pub(super) async fn check(serve: &Serve, offline: bool, report: &mut Report) {
    database(serve, offline, report).await;
    images(serve, offline, report).await;
    if offline {
        report.skip("mirror", OFFLINE);
    } else {
        report.add("mirror", mirror(serve).await);
    }
    if DataDir::is_taken(&serve.data) {
        return report.skip("address", "the running server listens");
    }
    report.add("address", address(&serve.listen).await);
}

async fn database(serve: &Serve, offline: bool, report: &mut Report) {
    let jobs = serve.data.join("jobs.sqlite");
    let named = serve.jobs.database().map_err(Into::into);
    let database = named.and_then(|named| match named {
        Some(database) => Ok(database),
        None => Ok(Database::file(&jobs)?),
    });
    let told = match database {
        Ok(database) if offline && database.path().is_none() => {
            return report.skip("database", OFFLINE);
        }
        Ok(database) => form(&database).await,
        Err(error) => Err(error),
    };
    report.add("database", told);
}

async fn form(database: &Database) -> Told {
    if database.path().is_some_and(|file| !file.exists()) {
        return Ok(format!("{database} is made at the first start"));
    }
    let how = match Form::of(database).await? {
        Form::Empty => "is empty; the first start makes its tables",
        Form::Older => "is of an older version; the next start brings it up to date",
        Form::Current => "is up to date",
        Form::Unknown => {
            return Err(format!(
                "{database} is of a newer version; use that version, or another --database"
            )
            .into());
        }
    };
    Ok(format!("{database} {how}"))
}

async fn images(serve: &Serve, offline: bool, report: &mut Report) {
    let told = match serve.images.settings() {
        Ok(Some(_)) if offline => return report.skip("images", OFFLINE),
        Ok(Some(bucket)) => {
            let looked = Artifacts::look_at_bucket(&bucket).await;
            let found = looked.map(|()| format!("{} can be listed", bucket.url));
            found.map_err(Into::into)
        }
        Ok(None) => Ok("are kept in the data folder".to_owned()),
        Err(error) => Err(error),
    };
    report.add("images", told);
}

/// Asks the mirror anew, with a folder for its documents that goes again.
async fn mirror(serve: &Serve) -> Told {
    let building = &serve.building;
    let folder = tempfile::tempdir()?;
    let keys = building.signers.keys()?;
    let catalog = building.upstream.catalog(folder.path(), keys).await?;
    let latest = catalog.refresh().await.map_err(|error| {
        let url = &building.upstream.url;
        format!("{url}: {error}; check --upstream, the network and http_proxy")
    })?;
    Ok(format!(
        "{} has {}",
        building.upstream.url,
        latest.join(", ")
    ))
}

async fn address(listen: &str) -> Told {
    let listener = TcpListener::bind(listen).await;
    let listener = listener
        .map_err(|error| format!("cannot listen on {listen}: {error}; choose another --listen"))?;
    Ok(format!("{} is free", listener.local_addr()?))
}
