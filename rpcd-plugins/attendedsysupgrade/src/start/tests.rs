use super::*;
use crate::image::Tested;

const KEEP: Wish = Wish {
    keep: true,
    force: false,
};
const DROP: Wish = Wish {
    keep: false,
    force: false,
};
const FORCE: Wish = Wish {
    keep: false,
    force: true,
};

fn image() -> Identity {
    Identity::of(c"/").unwrap()
}

fn other() -> Identity {
    Identity::of(c"/proc").unwrap()
}

fn known(verified: Identity, tested: Identity, valid: bool, allow_backup: bool) -> Findings {
    let tested = Some(Tested {
        image: tested,
        valid,
        allow_backup,
    });
    Findings {
        verified: Some(verified),
        tested,
    }
}

fn options(drop_settings: bool, skip_check: bool) -> Options {
    Options {
        drop_settings,
        skip_check,
    }
}

#[test]
fn flashes_what_was_verified_and_tested() {
    let known = known(image(), image(), true, true);
    assert_eq!(
        decide(KEEP, known, Some(image())),
        Ok(options(false, false))
    );
    assert_eq!(decide(DROP, known, Some(image())), Ok(options(true, false)));
}

#[test]
fn refuses_what_was_not() {
    let now = Some(image());
    assert_eq!(decide(KEEP, Findings::NONE, now), Err(NOT_VERIFIED));
    let verified = Findings {
        verified: now,
        tested: None,
    };
    assert_eq!(decide(KEEP, verified, now), Err(NOT_TESTED));
    assert_eq!(
        decide(KEEP, known(other(), image(), true, true), now),
        Err(NOT_VERIFIED)
    );
    assert_eq!(
        decide(KEEP, known(image(), other(), true, true), now),
        Err(NOT_TESTED)
    );
    assert_eq!(
        decide(KEEP, known(image(), image(), false, true), now),
        Err(NOT_VALID)
    );
    assert_eq!(
        decide(KEEP, known(image(), image(), true, true), None),
        Err(MISSING)
    );
}

#[test]
fn refuses_to_keep_settings_the_image_cannot_take() {
    let known = known(image(), image(), true, false);
    assert_eq!(decide(KEEP, known, Some(image())), Err(NO_BACKUP));
    assert_eq!(decide(DROP, known, Some(image())), Ok(options(true, false)));
}

#[test]
fn force_skips_the_check_only_where_it_did_not_pass() {
    let now = Some(image());
    assert_eq!(decide(FORCE, Findings::NONE, now), Ok(options(true, true)));
    assert_eq!(
        decide(FORCE, known(other(), image(), false, true), now),
        Ok(options(true, true))
    );
    assert_eq!(
        decide(FORCE, known(other(), image(), true, true), now),
        Ok(options(true, false))
    );
    assert_eq!(
        decide(FORCE, known(image(), image(), true, true), None),
        Err(MISSING)
    );
}

#[test]
fn the_image_is_the_last_word_of_the_command() {
    let command = |drop_settings, skip_check| {
        let mut room = [PATH; 7];
        let words = super::command(
            Options {
                drop_settings,
                skip_check,
            },
            &mut room,
        );
        assert_eq!(words[..4], [c"/bin/sh", c"-c", SCRIPT, c"sysupgrade"]);
        words[4..].to_vec()
    };
    assert_eq!(command(false, false), [PATH]);
    assert_eq!(command(true, false), [c"-n", PATH]);
    assert_eq!(command(false, true), [c"-F", PATH]);
    assert_eq!(command(true, true), [c"-n", c"-F", PATH]);
}

/// Arguments of a call: booleans by name.
fn wish(arguments: &[(&str, bool)]) -> Option<(bool, bool)> {
    let mut message = Message::new();
    for (name, value) in arguments {
        message.boolean(name, *value);
    }
    Wish::read(message.fields()).map(|wish| (wish.keep, wish.force))
}

#[test]
fn keeping_settings_is_never_guessed() {
    assert_eq!(wish(&[]), None);
    assert_eq!(wish(&[("force", true)]), None);
    assert_eq!(wish(&[("keep", true)]), Some((true, false)));
    assert_eq!(
        wish(&[("force", true), ("keep", false)]),
        Some((false, true))
    );
}

#[test]
fn a_permission_is_used_up() {
    FINDINGS.set(known(image(), image(), true, true));
    let mut reply = Message::new();
    Launch
        .done(&mut Output::new(false, c"", b""), &mut reply)
        .unwrap();
    assert_eq!(reply.fields().boolean("started"), Some(false));
    assert_ne!(FINDINGS.get(), Findings::NONE);
    let mut reply = Message::new();
    Launch
        .done(&mut Output::new(true, c"", b""), &mut reply)
        .unwrap();
    assert_eq!(reply.fields().boolean("started"), Some(true));
    assert_eq!(FINDINGS.get(), Findings::NONE);
}
