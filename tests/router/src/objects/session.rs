//! rpcd's object `session`: logging in, and asking for rights.

use std::fs;
use std::path::Path;

use super::{Object, signature};
use crate::blobmsg::kind::{ARRAY, INT32, STRING, TABLE};
use crate::password;
use crate::rpcd::ACL_DIRECTORY;
use crate::session::{DEFAULT_SESSION, DEFAULT_TIMEOUT, Session, Sessions, Shared};
use crate::ubus::{Signature, Status};
use crate::uci::{Config, Section};
use crate::value::{Table, Value};

const LOGINS: &str = "/etc/config/rpcd";
const SHADOW: &str = "/etc/shadow";
const SID: &str = "ubus_rpc_session";

/// The object `session`.
pub(super) struct SessionObject {
    sessions: Shared,
}

impl SessionObject {
    pub(super) fn new(sessions: Shared) -> Self {
        Self { sessions }
    }
}

impl Object for SessionObject {
    fn signature(&self) -> Signature {
        let rights = [(SID, STRING), ("scope", STRING), ("objects", ARRAY)];
        let keys = [(SID, STRING), ("keys", ARRAY)];
        let access = [
            (SID, STRING),
            ("scope", STRING),
            ("object", STRING),
            ("function", STRING),
        ];
        signature(
            "session",
            &[
                ("create", &[("timeout", INT32)]),
                ("list", &[(SID, STRING)]),
                ("grant", &rights),
                ("revoke", &rights),
                ("access", &access),
                ("set", &[(SID, STRING), ("values", TABLE)]),
                ("get", &keys),
                ("unset", &keys),
                ("destroy", &[(SID, STRING)]),
                (
                    "login",
                    &[
                        ("username", STRING),
                        ("password", STRING),
                        ("timeout", INT32),
                    ],
                ),
            ],
        )
    }

    fn call(&mut self, method: &str, arguments: &Table) -> Result<Table, Status> {
        let mut sessions = self.sessions.borrow_mut();
        match method {
            "create" => {
                let id = create(&mut sessions, arguments)?;
                sessions.dump(&id).ok_or(Status::UnknownError)
            }
            "login" => log_in(&mut sessions, arguments),
            "destroy" => destroy(&mut sessions, arguments),
            "list" => sessions.dump(id(arguments)?).ok_or(Status::NotFound),
            _ => {
                let session = sessions.touch(id(arguments)?).ok_or(Status::NotFound)?;
                with_session(session, method, arguments)
            }
        }
    }
}

fn id(arguments: &Table) -> Result<&str, Status> {
    arguments.text(SID).ok_or(Status::InvalidArgument)
}

fn with_session(session: &mut Session, method: &str, arguments: &Table) -> Result<Table, Status> {
    match method {
        "access" => Ok(access(session, arguments)),
        "get" => Ok(get(session, arguments)),
        "set" => set(session, arguments),
        "unset" => {
            let keys = keys(arguments);
            session.data.retain(|name, _| {
                keys.as_ref()
                    .is_some_and(|keys| !keys.contains(&name.as_str()))
            });
            Ok(Table::new())
        }
        _ => {
            change_rights(session, method == "grant", arguments);
            Ok(Table::new())
        }
    }
}

fn access(session: &Session, arguments: &Table) -> Table {
    match (arguments.text("object"), arguments.text("function")) {
        (Some(object), Some(function)) => {
            let scope = arguments.text("scope").unwrap_or("ubus");
            Table::new().with("access", session.allows(scope, object, function))
        }
        _ => session.dump_acls(),
    }
}

fn keys(arguments: &Table) -> Option<Vec<&str>> {
    let keys = arguments.get("keys").and_then(Value::as_array)?;
    Some(keys.iter().filter_map(Value::as_str).collect())
}

fn get(session: &Session, arguments: &Table) -> Table {
    let all = || session.data.keys().map(String::as_str).collect();
    let keys = keys(arguments).unwrap_or_else(all);
    let found = keys
        .into_iter()
        .filter_map(|key| session.data.get_key_value(key));
    let values = found.fold(Table::new(), |table, (name, value)| {
        table.with(name, value.clone())
    });
    Table::new().with("values", values)
}

fn set(session: &mut Session, arguments: &Table) -> Result<Table, Status> {
    let values = arguments
        .get("values")
        .and_then(Value::as_table)
        .ok_or(Status::InvalidArgument)?;
    session.data.extend(
        values
            .0
            .iter()
            .filter(|(name, _)| !name.is_empty())
            .cloned(),
    );
    Ok(Table::new())
}

fn change_rights(session: &mut Session, grant: bool, arguments: &Table) {
    let scope = arguments.text("scope").unwrap_or("ubus");
    let Some(objects) = arguments.get("objects").and_then(Value::as_array) else {
        if !grant {
            session.revoke_scope(scope);
        }
        return;
    };
    for pair in objects.iter().filter_map(Value::as_array) {
        let mut words = pair.iter().filter_map(Value::as_str);
        if let (Some(object), Some(function)) = (words.next(), words.next()) {
            if grant {
                session.grant(scope, object, function);
            } else {
                session.revoke(scope, object, function);
            }
        }
    }
}

fn create(sessions: &mut Sessions, arguments: &Table) -> Result<String, Status> {
    let timeout = match arguments.get("timeout") {
        Some(Value::Int32(seconds)) => *seconds,
        _ => DEFAULT_TIMEOUT,
    };
    sessions.create(timeout).map_err(|error| {
        tracing::error!("no random numbers for a session: {error}");
        Status::UnknownError
    })
}

fn destroy(sessions: &mut Sessions, arguments: &Table) -> Result<Table, Status> {
    match id(arguments)? {
        DEFAULT_SESSION => Err(Status::PermissionDenied),
        id if sessions.destroy(id) => Ok(Table::new()),
        _ => Err(Status::NotFound),
    }
}

fn log_in(sessions: &mut Sessions, arguments: &Table) -> Result<Table, Status> {
    let name = arguments.text("username").ok_or(Status::InvalidArgument)?;
    let password = arguments.text("password").ok_or(Status::InvalidArgument)?;
    let login = find_login(name, password).ok_or(Status::PermissionDenied)?;
    let id = create(sessions, arguments)?;
    if let Some(session) = sessions.touch(&id) {
        session.log_in(Path::new(ACL_DIRECTORY), &login);
        session.data.insert("username".to_owned(), name.into());
    }
    sessions.dump(&id).ok_or(Status::UnknownError)
}

fn find_login(name: &str, password: &str) -> Option<Section> {
    let text = fs::read_to_string(LOGINS).ok()?;
    let config = Config::parse(&text)
        .inspect_err(|error| tracing::error!("{LOGINS}: {error}"))
        .ok()?;
    let mut logins = config
        .sections
        .into_iter()
        .filter(|section| section.kind == "login");
    logins.find(|login| {
        let option = login.text("password");
        login.text("username") == Some(name)
            && option.is_some_and(|option| password::fits(option, password, Path::new(SHADOW)))
    })
}
