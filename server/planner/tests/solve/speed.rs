//! A request of a well-filled router, in an index as large as OpenWrt's.

use std::time::{Duration, Instant};

use asu_index::{Constraint, Dependency, Flavour, Operator, Package, Provided, Relation};
use asu_planner::solve::{Universe, World, solve};

const KERNEL: &str = "6.12.94~a7bc15f451f9652701ba04af9cfb0b95-r1";

/// Numbers without a pattern, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

fn package(name: String, depends: &[String]) -> Package {
    let relation = |name: &String| Relation {
        name: name.clone(),
        constraint: None,
    };
    Package {
        name,
        version: "1.2.3-r1".to_owned(),
        arch: "x86_64".to_owned(),
        depends: depends
            .iter()
            .map(|name| Dependency(vec![relation(name)]))
            .collect(),
        ..Package::default()
    }
}

fn kmod(number: usize, numbers: &mut Numbers) -> Package {
    let others: Vec<String> = (0..numbers.below(3).min(number))
        .map(|_| format!("kmod-{}", numbers.below(number)))
        .collect();
    let mut kmod = package(format!("kmod-{number}"), &others);
    let constraint = Some(Constraint {
        operator: Operator::Equal,
        version: KERNEL.to_owned(),
    });
    kmod.depends.push(Dependency(vec![Relation {
        name: "kernel".to_owned(),
        constraint,
    }]));
    kmod
}

fn library(number: usize, numbers: &mut Numbers) -> Package {
    let mut depends = vec!["libc".to_owned()];
    for _ in 0..numbers.below(4).min(number) {
        depends.push(format!("lib{}x2024", numbers.below(number)));
    }
    let mut library = package(format!("lib{number}x2024"), &depends);
    library.provides.push(Provided {
        name: format!("lib{number}x"),
        version: None,
    });
    library
}

fn program(number: usize, numbers: &mut Numbers) -> Package {
    let mut depends = vec!["libc".to_owned()];
    for _ in 0..=numbers.below(5) {
        depends.push(format!("lib{}x2024", numbers.below(2000)));
    }
    for _ in 0..numbers.below(2) {
        depends.push(format!("kmod-{}", numbers.below(1000)));
    }
    package(format!("app-{number}"), &depends)
}

fn page(number: usize, numbers: &mut Numbers) -> Package {
    package(
        format!("luci-{number}"),
        &["libc".to_owned(), format!("app-{}", numbers.below(4000))],
    )
}

fn index(numbers: &mut Numbers) -> Vec<Package> {
    let mut kernel = package("kernel".to_owned(), &[]);
    KERNEL.clone_into(&mut kernel.version);
    let mut packages = vec![package("libc".to_owned(), &[]), kernel];
    packages.extend((0..1000).map(|number| kmod(number, numbers)));
    packages.extend((0..2000).map(|number| library(number, numbers)));
    packages.extend((0..4000).map(|number| program(number, numbers)));
    packages.extend((0..2998).map(|number| page(number, numbers)));
    packages
}

fn word(numbers: &mut Numbers) -> String {
    match numbers.below(4) {
        0 => format!("kmod-{}", numbers.below(1000)),
        1 => format!("luci-{}", numbers.below(2998)),
        2 => format!("lib{}x2024", numbers.below(2000)),
        _ => format!("app-{}", numbers.below(4000)),
    }
}

#[test]
fn ten_thousand_packages_and_a_world_of_250_take_no_time() {
    for flavour in [Flavour::Apk, Flavour::Opkg] {
        let numbers = &mut Numbers(12345);
        let packages = index(numbers);
        assert_eq!(packages.len(), 10_000);
        let universe = Universe::new(flavour, &["x86_64".to_owned()], packages);
        let world = World::parse(flavour, (0..250).map(|_| word(numbers))).unwrap();
        let times = (0..10).map(|_| time(&universe, &world));
        let best = times.min().unwrap();
        println!("{flavour:?}: {best:?}");
        // Without optimisation, and beside other tests; a release takes a tenth.
        assert!(best < Duration::from_millis(if cfg!(debug_assertions) { 400 } else { 20 }));
    }
}

fn time(universe: &Universe, world: &World) -> Duration {
    let start = Instant::now();
    assert!(solve(universe, world).unwrap().install.len() > 250);
    start.elapsed()
}
