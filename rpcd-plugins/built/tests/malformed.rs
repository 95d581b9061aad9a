//! 100,000 calls of each object as no client makes them, in the genuine rpcd; see `genuine.rs`.
//!
//! There is no image, so that no command runs: commands and their output are tested there.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use support::wire::{Wire, argument};
use support::{Router, alone, apk, put};

mod support;

#[test]
#[ignore = "needs OPENWRT_ROOT"]
fn malformed_calls_are_all_answered() {
    let select = [
        "--ignored",
        "--exact",
        "--nocapture",
        "malformed_calls_are_all_answered",
    ];
    alone(&select, || {
        for path in ["/tmp/firmware.bin", "/tmp/sysupgrade.bin"] {
            put(path, None);
        }
        apk(20);
        let plugins = ["packagelist", "attendedsysupgrade", "rpcsys_compat"];
        let mut router = Router::start(&plugins, false);
        let mut wire = Wire::connect();
        for (object, methods) in [
            ("packagelist", &["list"][..]),
            (
                "attendedsysupgrade",
                &[
                    "info",
                    "status",
                    "verify",
                    "test",
                    "start",
                    "clean",
                    "sysupgrade",
                ],
            ),
            ("rpc-sys", &["packagelist", "upgrade_clean"]),
        ] {
            let number = wire.lookup(object);
            let mut random = Random(7);
            let mut count = |calls: usize, wire: &mut Wire| {
                let mut statuses = BTreeMap::<_, u32>::new();
                for _ in 0..calls {
                    let method = methods[random.below(methods.len())];
                    let (status, _) = wire.invoke(number, method, &malformed(&mut random));
                    *statuses.entry((method, status)).or_default() += 1;
                }
                statuses
            };
            count(2_000, &mut wire);
            let before = router.usage();
            let statuses = count(100_000, &mut wire);
            let after = router.usage();
            println!("{object}: {statuses:?}, files and kB {before:?} -> {after:?}");
            assert!(router.is_alive());
            assert_eq!(before.0, after.0);
            assert!(after.1 <= before.1 + 16, "memory: {before:?} -> {after:?}");
            assert!(statuses.values().sum::<u32>() == 100_000);
        }
    });
}

/// Arguments as no client sends them: random bytes, or sensible ones damaged and cut.
fn malformed(random: &mut Random) -> Vec<u8> {
    let seeds = [
        argument(7, "all", &[1]),
        argument(3, "sha256", &[&[b'a'; 64][..], &[0]].concat()),
        [argument(7, "keep", &[1]), argument(7, "force", &[0])].concat(),
        [
            argument(2, "t", &argument(3, "x", b"y\0")),
            argument(7, "all", &[1]),
        ]
        .concat(),
        [
            argument(3, "sha256", &[&[b'a'; 64][..], &[0]].concat()),
            argument(3, "signature", b"untrusted comment: x\nRW\0"),
        ]
        .concat(),
    ];
    if random.below(4) == 0 {
        return (0..random.below(80)).map(|_| random.byte()).collect();
    }
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        bytes[at] = random.byte();
    }
    if random.below(3) == 0 {
        bytes.truncate(random.below(bytes.len() + 1));
    }
    bytes
}

/// xorshift: the same calls in every run, without a crate for it.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}
