use super::*;

const ALL: u8 = VERIFIED | TESTED | VALID | ALLOWS_BACKUP;

#[test]
fn flashes_what_was_verified_and_tested() {
    assert_eq!(decide(true, false, ALL), Ok(0));
    assert_eq!(decide(false, false, ALL), Ok(DROP_SETTINGS));
}

#[test]
fn refuses_what_was_not() {
    assert_eq!(decide(true, false, 0), Err(Why::NotVerified));
    assert_eq!(decide(true, false, ALL & !VERIFIED), Err(Why::NotVerified));
    assert_eq!(decide(true, false, VERIFIED), Err(Why::NotTested));
    assert_eq!(decide(true, false, ALL & !VALID), Err(Why::NotValid));
}

#[test]
fn refuses_to_keep_settings_the_image_cannot_take() {
    let known = ALL & !ALLOWS_BACKUP;
    assert_eq!(decide(true, false, known), Err(Why::NoBackup));
    assert_eq!(decide(true, true, known), Err(Why::NoBackup));
    assert_eq!(decide(false, false, known), Ok(DROP_SETTINGS));
}

#[test]
fn force_skips_the_check_only_where_it_did_not_pass() {
    assert_eq!(decide(false, true, 0), Ok(DROP_SETTINGS | SKIP_CHECK));
    assert_eq!(decide(true, true, TESTED | ALLOWS_BACKUP), Ok(SKIP_CHECK));
    assert_eq!(decide(false, true, ALL & !VERIFIED), Ok(DROP_SETTINGS));
}

#[test]
fn a_shell_that_fails_starts_nothing() {
    assert_eq!(
        done(&Output::new(false, c"", b""), START),
        Err(Why::NoShell)
    );
    assert_eq!(done(&Output::new(true, c"", b""), START), Ok(()));
}
