use std::ffi::CString;
use std::io::Write;

use proptest::prelude::*;
use tempfile::NamedTempFile;

use super::*;

fn file(content: &[u8]) -> (NamedTempFile, CString) {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    let path = CString::new(file.path().to_str().unwrap()).unwrap();
    (file, path)
}

fn lines(content: &[u8]) -> Vec<Vec<u8>> {
    let (_file, path) = file(content);
    let mut window = Window::new();
    let mut lines = Lines::new(File::open(&path).unwrap(), &mut window);
    let mut all = Vec::new();
    while let Some(line) = lines.next() {
        all.push(line.to_vec());
    }
    assert_eq!(lines.outcome(), Ok(()));
    all
}

fn short_lines(content: &[u8]) -> Vec<Vec<u8>> {
    let (_file, path) = file(content);
    let mut lines = ShortLines::new(File::open(&path).unwrap());
    let mut all = Vec::new();
    let mut line = [0; SHORT];
    while let Some(line) = lines.next(&mut line) {
        all.push(line.to_vec());
    }
    all
}

#[test]
fn short_lines_are_cut_where_they_are_not() {
    let content = [&[b'a'; 5000][..], b"\n\nnext\n", &[b'b'; SHORT], b"\nlast"].concat();
    let all = short_lines(&content);
    assert_eq!(
        all,
        [&[b'a'; SHORT][..], b"", b"next", &[b'b'; SHORT], b"last"]
    );
    let mut folder = ShortLines::new(File::open(c"/").unwrap());
    assert_eq!(folder.next(&mut [0; SHORT]), None);
}

#[test]
fn gives_the_beginning_of_a_line_longer_than_a_page() {
    let content = [&[b'a'; 10_000][..], b"\nnext\n", &[b'b'; 4096], b"\nlast"].concat();
    let all = lines(&content);
    assert_eq!(all.len(), 4);
    assert_eq!((all[0].len(), &all[1][..]), (WINDOW, &b"next"[..]));
    assert_eq!((all[2].len(), &all[3][..]), (WINDOW, &b"last"[..]));
}

#[test]
fn tells_a_cut_line_from_a_whole_one() {
    let (_file, path) = file(&[&[b'a'; 5000][..], b"\nnext\n"].concat());
    let mut window = Window::new();
    let mut lines = Lines::new(File::open(&path).unwrap(), &mut window);
    assert!(lines.next().is_some());
    assert!(lines.was_cut());
    assert_eq!(lines.next(), Some(&b"next"[..]));
    assert!(!lines.was_cut());
}

#[test]
fn a_folder_is_no_list_of_lines() {
    let mut window = Window::new();
    let mut lines = Lines::new(File::open(c"/").unwrap(), &mut window);
    assert_eq!(lines.next(), None);
    assert_eq!(lines.outcome(), Err(Status::UNKNOWN_ERROR));
    assert!(File::open(c"/no/such/file").is_none());
}

#[test]
fn a_changed_file_has_another_identity() {
    let (mut file, path) = file(b"image");
    let before = Identity::of(&path);
    assert!(before.is_some());
    assert_eq!(Identity::of(&path), before);
    file.write_all(b".").unwrap();
    assert_ne!(Identity::of(&path), before);
    assert_eq!(Identity::of(c"/no/such/file"), None);
}

#[test]
fn a_file_put_back_with_size_and_time_has_another_identity() {
    let (old, path) = file(b"image");
    let before = Identity::of(&path);
    let modified = old.as_file().metadata().unwrap().modified().unwrap();
    let (new, _) = file(b"other");
    new.as_file().set_modified(modified).unwrap();
    std::fs::rename(new.path(), old.path()).unwrap();
    assert_ne!(Identity::of(&path), before);
}

#[test]
fn removing_a_missing_file_is_no_error() {
    let (_file, path) = file(b"");
    assert!(exists(&path));
    assert_eq!(remove(&path), Ok(()));
    assert!(!exists(&path));
    assert_eq!(remove(&path), Ok(()));
    assert_eq!(remove(c"/"), Err(Status::UNKNOWN_ERROR));
}

#[test]
fn free_space_is_what_the_system_says() {
    let output = std::process::Command::new("df")
        .args(["--block-size=1", "--output=avail", "/"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let df: u64 = text.lines().nth(1).unwrap().trim().parse().unwrap();
    // Others write meanwhile.
    assert!(free_space(c"/").unwrap().abs_diff(df) < 2 << 30);
    assert_eq!(free_space(c"/no/such/folder"), None);
}

proptest! {
    #[test]
    fn gives_the_lines_that_are_there(
        wanted in prop::collection::vec(prop_oneof!["[a-z]{0,20}", "[a-z]{2000,4000}"], 0..20),
    ) {
        let text: String = wanted.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        let wanted: Vec<_> = wanted.into_iter().map(String::into_bytes).collect();
        prop_assert_eq!(lines(text.as_bytes()), wanted.clone());
        let cut: Vec<_> = wanted.iter().map(|line| line[..line.len().min(SHORT)].to_vec()).collect();
        prop_assert_eq!(short_lines(text.as_bytes()), cut);
    }

    #[test]
    fn skimming_leaves_out_whole_lines_and_no_blank_one(
        blocks in prop::collection::vec(prop::collection::vec("[a-z\u{1}\u{b}é]{1,40}", 0..60), 0..20),
        every in 1_usize..4,
    ) {
        let text: String = blocks.iter().map(|lines| lines.join("\n") + "\n\n").collect();
        let (_file, path) = file(text.as_bytes());
        let mut window = Window::new();
        let mut lines = Lines::new(File::open(&path).unwrap(), &mut window);
        let mut all = text.lines();
        let mut count = 0;
        while let Some(line) = lines.next() {
            let line = String::from_utf8(line.to_vec()).unwrap();
            let left_out: Vec<_> = all.by_ref().take_while(|known| *known != line).collect();
            prop_assert!(!left_out.contains(&""), "{:?} before {:?}", left_out, line);
            count += 1;
            if !line.is_empty() && count % every == 0 {
                lines.skim();
            }
        }
        prop_assert!(all.all(|line| !line.is_empty()));
    }

    #[test]
    fn never_panics_on_any_bytes(content in prop::collection::vec(any::<u8>(), 0..20_000)) {
        lines(&content);
        short_lines(&content);
    }
}
