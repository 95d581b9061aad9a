//! rpcd's object `uci`: reads configuration, stages changes for each session, commits them.
//!
//! Does not apply with a rollback, sort or rename: nothing here asks for it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Object, signature};
use crate::blobmsg::kind::{ARRAY, STRING, TABLE};
use crate::session::Shared;
use crate::ubus::{Signature, Status};
use crate::uci::{Config, Section, Setting};
use crate::value::{Table, Value};

const DIRECTORY: &str = "/etc/config";
const SID: (&str, u8) = ("ubus_rpc_session", STRING);

/// The object `uci`.
pub(super) struct UciObject {
    sessions: Shared,
    /// Session and configuration to its uncommitted state.
    staged: HashMap<(String, String), Config>,
}

impl UciObject {
    pub(super) fn new(sessions: Shared) -> Self {
        Self {
            sessions,
            staged: HashMap::new(),
        }
    }
}

impl Object for UciObject {
    fn signature(&self) -> Signature {
        let (config, section, kind) = (("config", STRING), ("section", STRING), ("type", STRING));
        let (option, matches, values) = (("option", STRING), ("match", TABLE), ("values", TABLE));
        signature(
            "uci",
            &[
                ("configs", &[]),
                ("get", &[config, section, option, kind, matches, SID]),
                ("add", &[config, kind, ("name", STRING), values, SID]),
                ("set", &[config, section, kind, matches, values, SID]),
                (
                    "delete",
                    &[
                        config,
                        section,
                        kind,
                        matches,
                        option,
                        ("options", ARRAY),
                        SID,
                    ],
                ),
                ("commit", &[config, SID]),
            ],
        )
    }

    fn call(&mut self, method: &str, arguments: &Table) -> Result<Table, Status> {
        if method == "configs" {
            return Ok(configs());
        }
        let name = arguments.text("config").ok_or(Status::InvalidArgument)?;
        let right = if method == "get" { "read" } else { "write" };
        let session = arguments.text(SID.0).unwrap_or_default().to_owned();
        if !session.is_empty()
            && !self
                .sessions
                .borrow_mut()
                .access(&session, "uci", name, right)
        {
            return Err(Status::PermissionDenied);
        }
        let key = (session, name.to_owned());
        let mut config = match self.staged.get(&key) {
            Some(staged) => staged.clone(),
            None => load(name)?,
        };
        let answer = match method {
            "get" => return get(&config, arguments),
            "commit" => {
                self.staged.remove(&key);
                return save(name, &config);
            }
            "add" => add(&mut config, arguments)?,
            "set" => set(&mut config, arguments)?,
            _ => delete(&mut config, arguments)?,
        };
        self.staged.insert(key, config);
        Ok(answer)
    }
}

fn configs() -> Table {
    let entries = fs::read_dir(DIRECTORY)
        .map(|entries| entries.flatten().collect::<Vec<_>>())
        .unwrap_or_default();
    let mut names: Vec<String> = entries
        .iter()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    Table::new().with(
        "configs",
        names.into_iter().map(Value::from).collect::<Vec<_>>(),
    )
}

/// A configuration's file; a name that would lead elsewhere is not found.
fn file(name: &str) -> Result<PathBuf, Status> {
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if plain && !name.starts_with('.') {
        Ok(Path::new(DIRECTORY).join(name))
    } else {
        Err(Status::InvalidArgument)
    }
}

fn load(name: &str) -> Result<Config, Status> {
    let text = fs::read_to_string(file(name)?).map_err(|_| Status::NotFound)?;
    Config::parse(&text).map_err(|error| {
        tracing::error!("{DIRECTORY}/{name}: {error}");
        Status::UnknownError
    })
}

fn save(name: &str, config: &Config) -> Result<Table, Status> {
    fs::write(file(name)?, config.to_text()).map_err(|error| {
        tracing::error!("{DIRECTORY}/{name} cannot be written: {error}");
        Status::UnknownError
    })?;
    Ok(Table::new())
}

fn get(config: &Config, arguments: &Table) -> Result<Table, Status> {
    let Some(name) = arguments.text("section") else {
        let mut values = Table::new();
        for (index, section) in config.sections.iter().enumerate() {
            if matches(section, arguments) {
                values.push(&section.name, section_table(section, Some(index)));
            }
        }
        return Ok(Table::new().with("values", values));
    };
    let section = config.section(name).ok_or(Status::NotFound)?;
    match arguments.text("option") {
        Some(option) => Ok(Table::new().with(
            "value",
            to_value(section.get(option).ok_or(Status::NotFound)?),
        )),
        None => Ok(Table::new().with("values", section_table(section, None))),
    }
}

fn section_table(section: &Section, index: Option<usize>) -> Table {
    let mut table = Table::new()
        .with(".anonymous", section.anonymous)
        .with(".type", section.kind.as_str())
        .with(".name", section.name.as_str());
    if let Some(index) = index.and_then(|index| i64::try_from(index).ok()) {
        table.push(".index", index);
    }
    section
        .options
        .iter()
        .fold(table, |table, (name, setting)| {
            table.with(name, to_value(setting))
        })
}

fn to_value(setting: &Setting) -> Value {
    match setting {
        Setting::Text(text) => text.as_str().into(),
        Setting::List(values) => values
            .iter()
            .map(|value| value.as_str().into())
            .collect::<Vec<_>>()
            .into(),
    }
}

/// The text that a value has in a file; tables have none.
fn to_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Int16(number) => Some(number.to_string()),
        Value::Int32(number) => Some(number.to_string()),
        Value::Int64(number) => Some(number.to_string()),
        Value::Bool(value) => Some(u8::from(*value).to_string()),
        _ => None,
    }
}

fn to_setting(value: &Value) -> Option<Setting> {
    match value {
        Value::Array(members) => Some(Setting::List(members.iter().filter_map(to_text).collect())),
        other => to_text(other).map(Setting::Text),
    }
}

/// Whether a section has the `type` and the options of `match`.
fn matches(section: &Section, arguments: &Table) -> bool {
    let fits = |(name, value): &(String, Value)| match (section.get(name), to_text(value)) {
        (Some(Setting::Text(text)), Some(wanted)) => {
            text.split_whitespace().any(|word| word == wanted)
        }
        (Some(Setting::List(values)), Some(wanted)) => values.contains(&wanted),
        _ => false,
    };
    arguments
        .text("type")
        .is_none_or(|kind| section.kind == kind)
        && arguments
            .get("match")
            .and_then(Value::as_table)
            .is_none_or(|table| table.0.iter().all(fits))
}

fn apply(section: &mut Section, arguments: &Table) {
    for (name, value) in arguments
        .get("values")
        .and_then(Value::as_table)
        .map_or(&[][..], |table| &table.0)
    {
        match to_setting(value) {
            // An empty value unsets, as in libuci.
            Some(Setting::Text(text)) if text.is_empty() => {
                section.options.retain(|(key, _)| key != name);
            }
            Some(setting) => section.set(name, setting),
            None => {}
        }
    }
}

fn add(config: &mut Config, arguments: &Table) -> Result<Table, Status> {
    let kind = arguments.text("type").ok_or(Status::InvalidArgument)?;
    let name = config.add(kind, arguments.text("name"));
    if let Some(section) = config.sections.last_mut() {
        apply(section, arguments);
    }
    Ok(Table::new().with("section", name))
}

fn set(config: &mut Config, arguments: &Table) -> Result<Table, Status> {
    if let Some(name) = arguments.text("section") {
        let position = match (config.position(name), arguments.text("type")) {
            (Some(position), _) => position,
            (None, Some(kind)) => {
                config.add(kind, Some(name));
                config.sections.len() - 1
            }
            (None, None) => return Err(Status::NotFound),
        };
        apply(&mut config.sections[position], arguments);
        return Ok(Table::new());
    }
    config
        .sections
        .iter_mut()
        .filter(|section| matches(section, arguments))
        .for_each(|section| apply(section, arguments));
    Ok(Table::new())
}

fn delete(config: &mut Config, arguments: &Table) -> Result<Table, Status> {
    let Some(name) = arguments.text("section") else {
        config
            .sections
            .retain(|section| !matches(section, arguments));
        return Ok(Table::new());
    };
    let position = config.position(name).ok_or(Status::NotFound)?;
    let listed = arguments
        .get("options")
        .and_then(Value::as_array)
        .unwrap_or_default();
    let options: Vec<&str> = listed
        .iter()
        .filter_map(Value::as_str)
        .chain(arguments.text("option"))
        .collect();
    if options.is_empty() {
        config.sections.remove(position);
    } else {
        config.sections[position]
            .options
            .retain(|(key, _)| !options.contains(&key.as_str()));
    }
    Ok(Table::new())
}
