//! The words of ubus: statuses, signatures, replies.

use crate::blobmsg::kind;
use crate::value::Table;

/// `UBUS_STATUS_*`: how a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    InvalidCommand,
    InvalidArgument,
    MethodNotFound,
    NotFound,
    NoData,
    PermissionDenied,
    Timeout,
    NotSupported,
    UnknownError,
    ConnectionFailed,
    NoMemory,
    ParseError,
    SystemError,
}

/// Statuses by number, with libubus's texts.
const STATUSES: [(Status, &str); 14] = [
    (Status::Ok, "Success"),
    (Status::InvalidCommand, "Invalid command"),
    (Status::InvalidArgument, "Invalid argument"),
    (Status::MethodNotFound, "Method not found"),
    (Status::NotFound, "Not found"),
    (Status::NoData, "No response"),
    (Status::PermissionDenied, "Permission denied"),
    (Status::Timeout, "Request timed out"),
    (Status::NotSupported, "Operation not supported"),
    (Status::UnknownError, "Unknown error"),
    (Status::ConnectionFailed, "Connection failed"),
    (Status::NoMemory, "Out of memory"),
    (Status::ParseError, "Parsing message data failed"),
    (Status::SystemError, "System error"),
];

impl Status {
    /// The number on the wire.
    pub(crate) fn code(self) -> i32 {
        self as i32
    }

    /// The text that libubus has for it.
    pub(crate) fn text(self) -> &'static str {
        STATUSES[self as usize].1
    }

    /// The status of a number; one that libubus does not know counts as unknown error.
    pub(crate) fn from_code(code: i32) -> Self {
        let found = usize::try_from(code)
            .ok()
            .and_then(|index| STATUSES.get(index));
        found.map_or(Self::UnknownError, |(status, _)| *status)
    }
}

/// The answer of a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    /// How it ended.
    pub(crate) status: Status,
    /// What was replied; empty if nothing.
    pub(crate) data: Table,
}

impl Reply {
    /// An answer without data.
    pub(crate) fn status(status: Status) -> Self {
        Self {
            status,
            data: Table::new(),
        }
    }
}

impl From<Result<Table, Status>> for Reply {
    fn from(result: Result<Table, Status>) -> Self {
        match result {
            Ok(data) => Self {
                status: Status::Ok,
                data,
            },
            Err(status) => Self::status(status),
        }
    }
}

/// Takes the answer of a call.
pub(crate) type Done = Box<dyn FnOnce(Reply)>;

/// An object with its methods and their arguments' names and types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    /// The object's name.
    pub(crate) object: String,
    /// Methods in the order of their table.
    pub(crate) methods: Vec<(String, Vec<(String, u8)>)>,
}

impl Signature {
    /// Method to argument to the name that JSON has for its type.
    pub(crate) fn to_table(&self) -> Table {
        self.methods
            .iter()
            .fold(Table::new(), |table, (method, arguments)| {
                let arguments = arguments.iter().fold(Table::new(), |table, (name, kind)| {
                    table.with(name, json_type(*kind))
                });
                table.with(method, arguments)
            })
    }
}

fn json_type(kind: u8) -> &'static str {
    match kind {
        kind::INT8 => "boolean",
        kind::INT32 => "number",
        kind::STRING => "string",
        kind::ARRAY => "array",
        kind::TABLE => "object",
        _ => "unknown",
    }
}
