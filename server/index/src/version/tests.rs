use super::*;
use proptest::prelude::*;
use serde_json::Value;

fn fixture() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/versions.json"
    );
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn flavour(pair: &Value) -> Flavour {
    match pair["flavour"].as_str().unwrap() {
        "apk" => Flavour::Apk,
        _ => Flavour::Opkg,
    }
}

#[test]
fn every_pair_is_ordered_as_by_the_genuine_tools() {
    let fixture = fixture();
    let pairs = fixture["pairs"].as_array().unwrap();
    let agrees = |pair: &&Value| {
        let (a, b) = (pair["a"].as_str().unwrap(), pair["b"].as_str().unwrap());
        let order = |a, b| compare(flavour(pair), a, b).map(|order| order as i64);
        let expected = pair["cmp"].as_i64().unwrap();
        order(a, b) == Ok(expected) && order(b, a) == Ok(-expected)
    };
    let (good, bad): (Vec<_>, Vec<_>) = pairs.iter().partition(agrees);
    println!(
        "version order: {} of {} pairs agree",
        good.len(),
        pairs.len()
    );
    assert!(bad.is_empty(), "{bad:?}");
}

#[test]
fn validity_is_that_of_the_genuine_tool() {
    let fixture = fixture();
    let texts = |name: &str| fixture[name].as_array().unwrap().clone();
    for (name, expected) in [("apk_valid", true), ("apk_invalid", false)] {
        for text in texts(name) {
            let text = text.as_str().unwrap();
            assert_eq!(apk::is_valid(text), expected, "{text:?}");
            assert_eq!(apk::compare(text, "1").is_ok(), expected, "{text:?}");
        }
    }
}

fn admits(flavour: Flavour, version: &str, operator: Operator, than: &str) -> bool {
    let version_named = than.to_owned();
    Constraint {
        operator,
        version: version_named,
    }
    .admits(flavour, version)
}

#[test]
fn apk_takes_a_fuzzy_version_for_a_prefix() {
    for (version, prefix, expected) in [
        ("1.2.3-r4", "1.2", true),
        ("1.2_rc1", "1.2", true),
        ("1.20", "1.2", false),
        ("1.2", "1.2.3", false),
        ("1.3", "1.2", false),
        ("1.2~0c0ffee-r1", "1.2~0c0ffee", true),
    ] {
        assert_eq!(apk::matches_fuzzily(version, prefix), expected, "{version}");
        assert_eq!(
            admits(Flavour::Apk, version, Operator::Fuzzy, prefix),
            expected
        );
    }
    assert!(admits(Flavour::Apk, "1.1", Operator::FuzzyLess, "1.2"));
    assert!(admits(Flavour::Apk, "1.2.9", Operator::FuzzyLess, "1.2"));
    assert!(!admits(Flavour::Apk, "1.3", Operator::FuzzyLess, "1.2"));
    assert!(admits(
        Flavour::Apk,
        "1.2_rc1",
        Operator::FuzzyGreater,
        "1.2"
    ));
}

#[test]
fn what_is_invalid_is_below_what_ends_for_apk() {
    assert!(admits(Flavour::Apk, "1.0-foo", Operator::Less, "1.0"));
    assert!(admits(Flavour::Apk, "1.0-foo", Operator::Equal, "1.0-bar"));
    assert!(admits(Flavour::Apk, "1.0", Operator::Greater, "1.0-foo"));
}

#[test]
fn opkg_takes_equality_for_every_operator() {
    assert!(admits(Flavour::Opkg, "1.0", Operator::Less, "1.0"));
    assert!(admits(Flavour::Opkg, "1.0", Operator::Greater, "1.0"));
    assert!(!admits(Flavour::Apk, "1.0", Operator::Less, "1.0"));
    assert!(!admits(Flavour::Opkg, "1.1", Operator::Less, "1.0"));
}

fn apk_version() -> impl Strategy<Value = String> {
    "(0|00|01|1|9|10)(\\.(0|09|1|10|18446744073709551617)){0,2}[ab]?(_(alpha|rc|git|p)[01]?){0,2}(~[a0]{1,2})?(-r[01]{1,2})?"
}

proptest! {
    #[test]
    fn apks_order_is_total(a in apk_version(), b in apk_version(), c in apk_version()) {
        prop_assert!(apk::is_valid(&a));
        prop_assert_eq!(apk::order(&a, &b), apk::order(&b, &a).reverse());
        prop_assert_eq!(apk::order(&a, &a), Ordering::Equal);
        if apk::order(&a, &b).is_le() && apk::order(&b, &c).is_le() {
            prop_assert!(apk::order(&a, &c).is_le());
        }
    }

    #[test]
    fn opkgs_order_is_total(a in "[01:~a.+-]{0,6}", b in "[01:~a.+-]{0,6}", c in "[01:~a.+-]{0,6}") {
        prop_assert_eq!(opkg::compare(&a, &b), opkg::compare(&b, &a).reverse());
        prop_assert_eq!(opkg::compare(&a, &a), Ordering::Equal);
        if opkg::compare(&a, &b).is_le() && opkg::compare(&b, &c).is_le() {
            prop_assert!(opkg::compare(&a, &c).is_le());
        }
    }

    #[test]
    fn any_text_is_compared(a in "(?s).{0,20}", b in "(?s).{0,20}") {
        prop_assert_eq!(apk::order(&a, &b), apk::order(&b, &a).reverse());
        prop_assert_eq!(opkg::compare(&a, &b), opkg::compare(&b, &a).reverse());
    }
}
