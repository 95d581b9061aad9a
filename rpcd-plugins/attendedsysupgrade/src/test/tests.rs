use super::*;

fn checking() -> Checking {
    Checking {
        image: Identity::of(c"/").unwrap(),
    }
}

fn result(fields: &[(&str, bool)]) -> Message {
    let mut message = Message::new();
    for (name, value) in fields {
        message.boolean(name, *value);
    }
    message
}

#[test]
fn takes_the_verdict_of_the_check() {
    let good = result(&[
        ("valid", true),
        ("forceable", true),
        ("allow_backup", false),
    ]);
    let tested = checking().judge(good.fields()).unwrap();
    assert_eq!((tested.valid, tested.allow_backup), (true, false));
    assert_eq!(tested.image, checking().image);
}

#[test]
fn a_verdict_with_a_part_missing_is_none() {
    let part = result(&[("valid", true), ("forceable", true)]);
    assert_eq!(checking().judge(part.fields()), None);
    let mut typed = result(&[("forceable", true), ("allow_backup", true)]);
    typed.string("valid", "true");
    assert_eq!(checking().judge(typed.fields()), None);
}

#[test]
fn explains_with_the_complaints_of_the_check() {
    for (stderr, error) in [
        (
            &b" Image metadata not present\n"[..],
            "Image metadata not present",
        ),
        (b"", FAILED),
        (b"\xff", FAILED),
        (b"cut in a letter \xc3", "cut in a letter"),
    ] {
        assert_eq!(explanation(stderr, FAILED), error);
    }
}

#[test]
fn a_refusal_has_every_field() {
    let mut reply = Message::new();
    write_refusal(&mut reply, MISSING);
    let fields = reply.fields();
    for name in ["valid", "forceable", "allow_backup"] {
        assert_eq!(fields.boolean(name), Some(false));
    }
    assert_eq!(fields.table("tests").unwrap().into_iter().count(), 0);
    assert_eq!(fields.string("error"), Some(MISSING));
}
