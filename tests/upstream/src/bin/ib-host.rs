//! The host tools of the test mirror's ImageBuilders, in one program: it acts as the name it is
//! called by, or as its first argument says.

use std::path::Path;
use std::process::exit;

use asu_test_upstream::{apk, image, opkg};

fn main() {
    let mut arguments: Vec<String> = std::env::args().collect();
    let called = Path::new(&arguments.remove(0))
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = match called {
        Some(name) if name != "ib-host" => name,
        _ if arguments.is_empty() => String::new(),
        _ => arguments.remove(0),
    };
    exit(run(&name, &arguments));
}

fn run(name: &str, arguments: &[String]) -> i32 {
    let result = match name {
        "apk" => return apk::cli::run(arguments),
        "opkg" => return opkg::cli::run(arguments),
        "apk-keygen" => apk::cli::keygen(arguments),
        "disk-image" => image::disk_image(arguments),
        "fwtool" => image::fwtool(arguments),
        "image-metadata" => {
            image::image_metadata();
            Ok(())
        }
        "make-index" => image::make_index(arguments),
        "profiles-json" => image::profiles_json(arguments),
        "usign" => image::usign(arguments),
        other => Err(anyhow::anyhow!("there is no host tool {other:?}")),
    };
    result.map_or_else(
        |error| {
            eprintln!("{name}: {error:#}");
            1
        },
        |()| 0,
    )
}
