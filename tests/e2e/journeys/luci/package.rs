//! The package's own files: menu, rights, and the script that carries old settings over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use super::source;

const MENU: &str = "root/usr/share/luci/menu.d/luci-app-attendedsysupgrade.json";
const SCRIPT: &str = "root/etc/uci-defaults/95-luci-app-attendedsysupgrade";
/// What changes a router; `uci.get` and the like do not.
const CHANGES: [&str; 9] = [
    "verify",
    "test",
    "start",
    "clean",
    "sysupgrade",
    "set",
    "add",
    "delete",
    "commit",
];

fn json(file: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read(file).with_context(|| format!("no {}", file.display()))?;
    Ok(serde_json::from_slice(&text)?)
}

fn rights() -> Vec<PathBuf> {
    let own = "luci/root/usr/share/rpcd/acl.d/luci-app-attendedsysupgrade.json";
    let lime = "lime-app/root/usr/share/rpcd/acl.d/lime-app-attendedsysupgrade.json";
    vec![source(own), source(lime)]
}

#[test]
fn every_entry_of_the_menu_leads_to_a_view_and_names_a_group() -> anyhow::Result<()> {
    let menu = json(&source("luci").join(MENU))?;
    let entries = menu.as_object().context("the menu is no object")?;
    assert_eq!(entries.len(), 3);
    let groups = json(&rights()[0])?;
    for (name, entry) in entries {
        if let Some(path) = entry["action"]["path"].as_str() {
            let file = format!("luci/htdocs/luci-static/resources/view/{path}.js");
            assert!(source(&file).exists(), "{name} leads to {file}");
        }
        for group in entry["depends"]["acl"].as_array().into_iter().flatten() {
            let group = group.as_str().unwrap_or_default();
            assert!(groups.get(group).is_some(), "{name} needs {group}");
        }
    }
    Ok(())
}

#[test]
fn who_may_only_read_is_granted_nothing_that_changes() -> anyhow::Result<()> {
    for file in rights() {
        for (group, rights) in json(&file)?.as_object().context("no groups")? {
            let read = &rights["read"];
            let files = read["file"].as_object().into_iter().flatten();
            let mut kinds = files.flat_map(|(_, kinds)| kinds.as_array().into_iter().flatten());
            assert!(
                read.get("cgi-io").is_none() && kinds.all(|kind| kind == "list"),
                "{group}"
            );
            let ubus = read["ubus"].as_object().into_iter().flatten();
            let methods: BTreeSet<&str> = ubus
                .flat_map(|(_, methods)| methods.as_array().into_iter().flatten())
                .filter_map(Value::as_str)
                .collect();
            for method in CHANGES {
                assert!(!methods.contains(method), "{group} may {method}");
            }
        }
    }
    Ok(())
}

/// What the script makes of `before`, run as often as `times`; lines sorted.
fn migrated(before: &str, times: usize) -> anyhow::Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
    put("attendedsysupgrade.flat", before)?;
    put(
        "luci.flat",
        "luci.main=core\nluci.main.check_for_newer_firmwares=0\n",
    )?;
    put("uci", include_str!("uci.sh"))?;
    let bin = folder.path().join("uci");
    assert!(
        Command::new("chmod")
            .arg("+x")
            .arg(&bin)
            .status()?
            .success()
    );
    let path =
        std::env::join_paths([folder.path().to_owned(), "/usr/bin".into(), "/bin".into()].iter())?;
    for _ in 0..times {
        let run = Command::new("sh")
            .arg(source("luci").join(SCRIPT))
            .env("PATH", &path)
            .env("UCI_CONFIG_DIR", folder.path())
            .output()?;
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success() && said.is_empty(), "{said}");
    }
    let text = std::fs::read_to_string(folder.path().join("attendedsysupgrade.flat"))?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    Ok(lines)
}

#[test]
fn settings_of_earlier_years_are_carried_over_once() -> anyhow::Result<()> {
    let [server, client] = [
        "attendedsysupgrade.server=server",
        "attendedsysupgrade.client=client",
    ];
    let unasked = "attendedsysupgrade.client.login_check_for_upgrades=0";
    let url = "attendedsysupgrade.server.url=https://own.example.net";
    let packages = "attendedsysupgrade.client.upgrade_packages=0";
    let owut = "attendedsysupgrade.owut=owut\nattendedsysupgrade.owut.verbosity=2";
    let today = format!("{server}\n{url}\n{client}\n{packages}\n{owut}");
    let cases = [
        // The first version of 2017 had a section without a name.
        (
            "attendedsysupgrade.@settings[0]=settings\nattendedsysupgrade.@settings[0].update_server=https://own.example.net\n",
            vec![client, unasked, server, url],
        ),
        // A package brought today's defaults before the script ran.
        (
            "attendedsysupgrade.server=server\nattendedsysupgrade.server.url=https://sysupgrade.openwrt.org\nattendedsysupgrade.updateserver=updateserver\nattendedsysupgrade.updateserver.url=https://own.example.net\nattendedsysupgrade.updateclient=updateclient\nattendedsysupgrade.updateclient.update_packages=0\n",
            vec![client, unasked, packages, server, url],
        ),
        // An address that was shipped and is gone is nobody's choice.
        (
            "attendedsysupgrade.updateserver=updateserver\nattendedsysupgrade.updateserver.url=https://betaupdate.libremesh.org\n",
            vec![client, unasked, server],
        ),
        (
            today.as_str(),
            vec![
                client,
                unasked,
                packages,
                server,
                url,
                "attendedsysupgrade.owut=owut",
                "attendedsysupgrade.owut.verbosity=2",
            ],
        ),
    ];
    for (before, mut after) in cases {
        after.sort_unstable();
        assert_eq!(migrated(before, 1)?, after, "of {before}");
        assert_eq!(migrated(before, 2)?, after, "twice, of {before}");
    }
    Ok(())
}
