//! What a person reads who made a mistake in a file.

use crate::common::try_rules;
use asu_distributions::Distributions;

const SOUND: &str = r#"name: own
mirror: https://example.org
branches:
  - { name: "1.0", path: "{version}", package_manager: opkg }
"#;

fn mistakes(text: &str) -> Vec<String> {
    let error = Distributions::from_texts(&[("own.yml", text)]).unwrap_err();
    error.problems.iter().map(ToString::to_string).collect()
}

fn rule_mistakes(rules: &str) -> String {
    try_rules(rules).unwrap_err().to_string()
}

#[test]
fn a_mistake_has_its_line_and_says_what_to_do() {
    let text = SOUND.replace("{version}", "{arch}");
    assert_eq!(
        mistakes(&text),
        ["own.yml:4:26: there is no placeholder {arch} here; use {version} {branch}"]
    );
}

#[test]
fn unknown_fields_are_mistakes() {
    let text = format!("{SOUND}miror: x\n");
    let found = mistakes(&text);
    assert!(
        found[0].starts_with("own.yml:5:1: unknown field `miror`"),
        "{found:?}"
    );
    assert!(found[0].ends_with("docs/distributions.md lists every field with an example"));
}

#[test]
fn all_mistakes_come_at_once() {
    let text = r#"name: own
mirror: ftp://example.org
keys:
  usign: [{ key: bm9wZQ== }]
  apk: [{ name: a.pem, pem: nope }]
branches:
  - { name: "2.0", package_manager: opkg, path: x }
  - { name: "1.0", path: x }
  - { name: "1.0", enabled: false, parent_version: "3" }
repositories: [{ name: a b, url: x, branches: ["9.9"] }]
targets: { ignored: [ath79] }
vanilla: [luci;rm]
flavors: [{ name: none, packages: [], files: { etc/x: y } }]
channels: [{ channel: stable, latest: "7.7.7" }]
transformations:
  - { version: "9.9", packages: [{ package: a, to: a }] }
"#;
    let found = mistakes(text).join("\n");
    for (line, what) in [
        (2, "is not the URL of a mirror"),
        (4, "this is not a usign public key"),
        (5, "this is not a public key in PEM"),
        (8, "is enabled and has no `package_manager`"),
        (8, "\"1.0\" is listed after \"2.0\", which is newer"),
        (9, "branch \"1.0\" stands in line 8 already"),
        (9, "the distribution has no parent"),
        (10, "is not a repository's name"),
        (10, "is not a repository's URL"),
        (10, "there is no branch \"9.9\" in this file"),
        (11, "fits no target"),
        (12, "is not a valid package"),
        (13, "\"none\" has no packages"),
        (13, "a flavor has no files"),
        (14, "version \"7.7.7\" belongs to no branch of this file"),
        (16, "version \"9.9\" belongs to no branch of this file"),
        (16, "the package replaces itself"),
    ] {
        let said = found
            .lines()
            .any(|it| it.starts_with(&format!("own.yml:{line}:")) && it.contains(what));
        assert!(said, "line {line}: {what}\n{found}");
    }
}

#[test]
fn files_of_a_network_lie_below_the_root_and_are_few() {
    let with = |files: &str| {
        let network = format!("{{ name: n, packages: [luci], files: {files} }}");
        format!("{SOUND}network_profiles: [{network}]\n")
    };
    for path in ["/etc/banner", "../x"] {
        let found = mistakes(&with(&format!("{{ {path}: x }}")));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("own.yml:5:"), "{found:?}");
        assert!(found[0].contains("is not a valid file's path"), "{found:?}");
    }
    let found = mistakes(&with(&format!("{{ etc/banner: {} }}", "x".repeat(70_000))));
    assert!(found[0].contains("have 70010 bytes"), "{found:?}");
    let sound = with("{ etc/banner: x }");
    assert!(Distributions::from_texts(&[("own.yml", &sound)]).is_ok());
}

#[test]
fn rules_in_circles_are_refused() {
    let found = rule_mistakes(
        r#"
  - version: "2.0"
    packages:
      - { package: a, to: b }
      - { package: b, to: { c: true, d: false } }
      - { package: c, to: [a, x] }
      - { package: d, to: { d: false, e: true } }
"#,
    );
    assert_eq!(found.lines().count(), 3, "{found}");
    assert!(found.contains("lead from \"a\" back to it"), "{found}");
}

#[test]
fn choices_must_be_unambiguous() {
    let found = rule_mistakes(
        r#"
  - version: "2.0"
    packages:
      - { package: a, to: { b: true, c: true } }
      - { package: d, to: { e: [] }, choice_notes: { f: x } }
      - { package: d, to: [] }
    additions: [{ packages: [], until: "1.0" }]
    language_packs: [{ prefix: i18n-, to: [x, y] }]
"#,
    );
    for what in [
        "more than one choice is the default",
        "\"e\" has an empty list of contexts",
        "\"f\" is not one of the choices",
        "a rule for package \"d\" stands in line",
        "the list of new names is empty",
        "an addition adds nothing",
        "\"1.0\" is not after \"2.0\"",
        "a prefix becomes one prefix or none",
    ] {
        assert!(found.contains(what), "{what}\n{found}");
    }
}

#[test]
fn values_of_the_wrong_kind_are_named() {
    for to in ["true", "7", "{ b: maybe }"] {
        let rules = format!("  - version: \"2.0\"\n    packages: [{{ package: a, to: {to} }}]\n");
        assert!(rule_mistakes(&rules).starts_with("test.yml:"), "{to}");
    }
}

#[test]
fn parents_must_exist_and_have_the_version() {
    let child = |parent: &str, version: &str| {
        format!(
            "name: child\nparent: {parent}\nbranches:\n  - {{ name: \"5.0\", parent_version: \"{version}\" }}\n"
        )
    };
    let load = |child: &str| {
        Distributions::from_texts(&[("own.yml", SOUND), ("child.yml", child)])
            .map_err(|error| error.to_string())
    };
    assert!(load(&child("own", "1.0.3")).is_ok());
    assert_eq!(
        load(&child("nobody", "1.0.3")).unwrap_err(),
        "child.yml:2:9: there is no distribution \"nobody\"; add its file, or name one of child, own"
    );
    let unknown = load(&child("own", "8.0")).unwrap_err();
    assert!(
        unknown.contains("version \"8.0\" belongs to no branch of own.yml"),
        "{unknown}"
    );
    let itself = load(&child("child", "5.0")).unwrap_err();
    assert!(itself.contains("\"child\" is its own ancestor"), "{itself}");
}

#[test]
fn an_operators_folder_adds_and_overrides() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.yml"), SOUND).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "not ours").unwrap();
    let overriding = SOUND.replace("name: own", "name: libremesh");
    std::fs::write(folder.path().join("lime.yml"), overriding).unwrap();
    let all = Distributions::load_dir(folder.path()).unwrap();
    let names: Vec<_> = all
        .iter()
        .map(asu_distributions::Distribution::name)
        .collect();
    assert_eq!(names, ["libremesh", "openwrt", "own"]);
    assert_eq!(
        all.get("libremesh").unwrap().mirror(),
        "https://example.org"
    );
}

#[test]
fn a_folder_that_is_not_there_or_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Distributions::load_dir(&folder.path().join("missing")).unwrap_err();
    assert!(
        missing.to_string().contains("it cannot be read"),
        "{missing}"
    );
    for name in ["a.yml", "b.yml"] {
        std::fs::write(folder.path().join(name), SOUND).unwrap();
    }
    let twice = Distributions::load_dir(folder.path()).unwrap_err();
    assert!(
        twice.to_string().contains("describes \"own\" already"),
        "{twice}"
    );
}
