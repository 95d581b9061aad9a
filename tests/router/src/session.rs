//! rpcd's sessions: who is logged in, until when, and with which rights.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::abi::fnmatch;
use crate::acl::{self, Grant};
use crate::uci::Section;
use crate::value::{Table, Value};

/// The session of callers that are not logged in.
pub(crate) const DEFAULT_SESSION: &str = "00000000000000000000000000000000";
/// How long a session lasts unless the login says otherwise, in seconds; each use starts it anew.
pub(crate) const DEFAULT_TIMEOUT: i32 = 300;

/// All sessions, shared by the objects and the plugins of the one rpcd thread.
pub(crate) type Shared = Rc<RefCell<Sessions>>;

/// All sessions of a router.
pub(crate) struct Sessions {
    sessions: BTreeMap<String, Session>,
    random: File,
}

/// One session.
#[derive(Default)]
pub(crate) struct Session {
    timeout: i32,
    touched: Option<Instant>,
    /// Scope to rules, ordered as rpcd's tree does: by the part before the first wildcard.
    acls: BTreeMap<String, Vec<(String, String)>>,
    /// Values that clients keep in the session, by name.
    pub(crate) data: BTreeMap<String, Value>,
}

impl Sessions {
    /// No session yet. `random` is an open `/dev/urandom`: the router's own root has no devices.
    pub(crate) fn new(random: File) -> Self {
        Self {
            sessions: BTreeMap::new(),
            random,
        }
    }

    /// Makes the default session, with the rights of the group `unauthenticated` in `acl_directory`.
    pub(crate) fn open_to_all(&mut self, acl_directory: &Path) {
        let mut default = Session::default();
        default.grant_all(acl::grants(acl_directory, None));
        self.sessions.insert(DEFAULT_SESSION.to_owned(), default);
    }

    /// A new session and its id; a timeout of zero or less never ends.
    pub(crate) fn create(&mut self, timeout: i32) -> io::Result<String> {
        let mut bytes = [0; 16];
        self.random.read_exact(&mut bytes)?;
        let id = hex::encode(bytes);
        self.sessions.insert(
            id.clone(),
            Session {
                timeout,
                touched: Some(Instant::now()),
                ..Session::default()
            },
        );
        Ok(id)
    }

    /// The session, whose time starts anew.
    pub(crate) fn touch(&mut self, id: &str) -> Option<&mut Session> {
        if self.sessions.get(id)?.is_over() {
            self.sessions.remove(id);
            return None;
        }
        let session = self.sessions.get_mut(id)?;
        session.touched = Some(Instant::now());
        Some(session)
    }

    /// Ends a session.
    pub(crate) fn destroy(&mut self, id: &str) -> bool {
        self.touch(id).is_some() && self.sessions.remove(id).is_some()
    }

    /// Whether the session exists and has the right.
    pub(crate) fn access(&mut self, id: &str, scope: &str, object: &str, function: &str) -> bool {
        self.touch(id)
            .is_some_and(|session| session.allows(scope, object, function))
    }

    /// What `session list` and `session login` answer.
    pub(crate) fn dump(&mut self, id: &str) -> Option<Table> {
        let session = self.touch(id)?;
        let data = session
            .data
            .iter()
            .fold(Table::new(), |table, (name, value)| {
                table.with(name, value.clone())
            });
        Some(
            Table::new()
                .with("ubus_rpc_session", id)
                .with("timeout", i64::from(session.timeout))
                .with("expires", Value::Int64(session.remaining()))
                .with("acls", session.dump_acls())
                .with("data", data),
        )
    }
}

impl Session {
    /// Grants the rights that a login has by the rules in `acl_directory`.
    pub(crate) fn log_in(&mut self, acl_directory: &Path, login: &Section) {
        self.grant_all(acl::grants(acl_directory, Some(login)));
    }

    fn grant_all(&mut self, grants: Vec<Grant>) {
        for (scope, object, function) in grants {
            self.grant(&scope, &object, &function);
        }
    }

    /// Adds a right, once.
    pub(crate) fn grant(&mut self, scope: &str, object: &str, function: &str) {
        let rules = self.acls.entry(scope.to_owned()).or_default();
        let rule = (object.to_owned(), function.to_owned());
        if !rules.contains(&rule) {
            let at =
                rules.partition_point(|(other, _)| literal_part(other) <= literal_part(object));
            rules.insert(at, rule);
        }
    }

    /// Takes a right away.
    pub(crate) fn revoke(&mut self, scope: &str, object: &str, function: &str) {
        if let Some(rules) = self.acls.get_mut(scope) {
            rules.retain(|(other, name)| other != object || name != function);
            if rules.is_empty() {
                self.acls.remove(scope);
            }
        }
    }

    /// Takes all rights of a scope away.
    pub(crate) fn revoke_scope(&mut self, scope: &str) {
        self.acls.remove(scope);
    }

    /// Whether a right is granted.
    pub(crate) fn allows(&self, scope: &str, object: &str, function: &str) -> bool {
        let rules = self.acls.get(scope).map_or(&[][..], Vec::as_slice);
        rules
            .iter()
            .any(|(objects, functions)| fnmatch(objects, object) && fnmatch(functions, function))
    }

    /// Scope to object to functions.
    pub(crate) fn dump_acls(&self) -> Table {
        let scope_table = |rules: &Vec<(String, String)>| {
            let mut table = Table::new();
            for (object, function) in rules {
                match table.0.last_mut() {
                    Some((last, Value::Array(functions))) if last == object => {
                        functions.push(function.as_str().into());
                    }
                    _ => table.push(object, vec![Value::from(function.as_str())]),
                }
            }
            table
        };
        self.acls
            .iter()
            .fold(Table::new(), |table, (scope, rules)| {
                table.with(scope, scope_table(rules))
            })
    }

    fn is_over(&self) -> bool {
        self.limit()
            .zip(self.touched)
            .is_some_and(|(limit, touched)| touched.elapsed() >= limit)
    }

    /// Seconds until the session ends; 0 if it never does.
    fn remaining(&self) -> i64 {
        let left = self
            .limit()
            .zip(self.touched)
            .map(|(limit, touched)| limit.saturating_sub(touched.elapsed()));
        // rpcd counts whole milliseconds, so that a session just touched has its full time.
        left.map_or(0, |left| {
            i64::try_from((left + Duration::from_millis(1)).as_secs()).unwrap_or(i64::MAX)
        })
    }

    fn limit(&self) -> Option<Duration> {
        u64::try_from(self.timeout)
            .ok()
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs)
    }
}

fn literal_part(pattern: &str) -> &str {
    pattern.split(['*', '?', '[']).next().unwrap_or_default()
}
