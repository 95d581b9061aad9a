//! Time of `packagelist.list` beside rpcd's own `rpc-sys.packagelist`, in the genuine rpcd.
//!
//! `OPENWRT_ROOT=… cargo bench -p asu-rpcd-built`. Both are asked in one connection in turn, so that
//! whatever else runs on the machine hits both.

#![expect(clippy::unwrap_used, reason = "a panic is how a measurement fails")]

use std::time::{Duration, Instant};

use support::wire::{Wire, argument};
use support::{Router, alone, apk};

#[path = "../tests/support/mod.rs"]
mod support;

/// Calls of each.
const CALLS: usize = 500;

fn main() {
    alone(&[], || {
        println!("packages all   | ours min/median us | rpc-sys min/median us | ratio min/median");
        let router = Router::start(&["packagelist"], true);
        let mut wire = Wire::connect();
        let (ours, theirs) = (wire.lookup("packagelist"), wire.lookup("rpc-sys"));
        for packages in [200, 1000] {
            apk(packages);
            for all in [true, false] {
                let arguments = argument(7, "all", &[u8::from(all)]);
                let mut times = [Vec::new(), Vec::new()];
                for _ in 0..CALLS {
                    let calls = [(ours, "list"), (theirs, "packagelist")];
                    for ((object, method), times) in calls.into_iter().zip(&mut times) {
                        let start = Instant::now();
                        let (status, length) = wire.invoke(object, method, &arguments);
                        times.push(start.elapsed());
                        assert!(status == 0 && length > packages);
                    }
                }
                report(packages, all, times);
            }
        }
        println!(
            "rpcd at the end: files, kB of anonymous memory: {:?}",
            router.usage()
        );
        drop(router);
        for (name, plugins, rpcsys) in [
            ("rpc-sys", &[][..], true),
            ("ours", &["packagelist"], false),
        ] {
            let router = Router::start(plugins, rpcsys);
            let start = router.usage().1;
            let mut wire = Wire::connect();
            let (object, method) = if rpcsys {
                ("rpc-sys", "packagelist")
            } else {
                ("packagelist", "list")
            };
            let number = wire.lookup(object);
            for call in 0..400 {
                wire.invoke(
                    number,
                    method,
                    &argument(7, "all", &[u8::from(call % 2 == 0)]),
                );
            }
            println!(
                "{name}: anonymous memory {start} kB, after 400 calls of 1000 packages {} kB",
                router.usage().1
            );
        }
    });
}

fn report(packages: usize, all: bool, times: [Vec<Duration>; 2]) {
    let [ours, theirs] = times.map(|mut times| {
        times.sort();
        (
            times[0].as_secs_f64() * 1e6,
            times[times.len() / 2].as_secs_f64() * 1e6,
        )
    });
    println!(
        "{packages:8} {all:5} | {:7.0} / {:7.0}  | {:7.0} / {:7.0}     | {:.2} / {:.2}",
        ours.0,
        ours.1,
        theirs.0,
        theirs.1,
        ours.0 / theirs.0,
        ours.1 / theirs.1
    );
}
