use super::*;

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn hashing() -> Hashing {
    Hashing {
        expected: parse(HEX).unwrap(),
        image: Identity::of(c"/proc/self/exe").unwrap(),
    }
}

#[test]
fn only_a_sha256_is_one() {
    assert_eq!(parse(&HEX.to_uppercase()), parse(HEX));
    for wrong in [
        "",
        "0",
        &HEX[1..],
        &HEX.replace('a', "g"),
        &format!("{HEX}0"),
    ] {
        assert_eq!(parse(wrong), None, "{wrong}");
    }
}

#[test]
fn judges_file_and_sum() {
    let (hashing, other) = (hashing(), parse(&"0".repeat(64)).unwrap());
    let same = Some(hashing.image);
    assert_eq!(hashing.judge(parse(HEX).as_ref(), same), Ok(()));
    assert_eq!(hashing.judge(Some(&other), same), Err(DIFFERENT));
    assert_eq!(hashing.judge(None, same), Err(FAILED));
    assert_eq!(hashing.judge(parse(HEX).as_ref(), None), Err(CHANGED));
    assert_eq!(
        hashing.judge(parse(HEX).as_ref(), Identity::of(c"/")),
        Err(CHANGED)
    );
}

#[test]
fn output_that_is_no_sum_is_a_failure() {
    for stdout in [c"", c"sha256sum: can't open", c"0123"] {
        let mut reply = Message::new();
        hashing()
            .done(&mut Output::new(true, stdout, b""), &mut reply)
            .unwrap();
        assert_eq!(reply.fields().boolean("valid"), Some(false));
        assert_eq!(reply.fields().string("sha256"), Some(""));
        assert_eq!(reply.fields().string("error"), Some(FAILED));
    }
}
