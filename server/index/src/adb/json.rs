//! A database as `apk adbdump --format json` prints it.

use serde_json::{Map, Value as Json};

use super::schema::{Form, INDEX, PACKAGE};
use super::values::{Data, Value};
use super::{AdbError, Database};

/// The bits of an operator.
pub(super) const EQUAL: u64 = 1;
pub(super) const LESS: u64 = 2;
pub(super) const GREATER: u64 = 4;
pub(super) const FUZZY: u64 = 8;
pub(super) const CONFLICT: u64 = 16;

impl Database {
    /// What `apk adbdump --format json` prints of an index or a package; bytes that are no UTF-8
    /// are replaced.
    pub fn to_json(&self) -> Result<Json, AdbError> {
        let form = match &self.schema() {
            b"indx" => INDEX,
            b"pckg" => PACKAGE,
            found => {
                let found = String::from_utf8_lossy(found).into_owned();
                let wanted = "indx or pckg";
                return Err(AdbError::Schema { found, wanted });
            }
        };
        let data = Data::of(self.data());
        json(&data, form, data.root()?)
    }
}

/// Goes as deep as the form does, whatever the data say.
fn json(data: &Data<'_>, form: Form, value: Value) -> Result<Json, AdbError> {
    let blob = || data.blob(value).map(Option::unwrap_or_default);
    Ok(match form {
        Form::Text => Json::String(text(blob()?)),
        Form::Hex => Json::String(hex::encode(blob()?)),
        Form::Number => Json::from(data.number(value)?),
        Form::Attribute => Json::String(attribute(blob()?)),
        Form::Dependency => Json::String(dependency(data, value)?),
        Form::Array(item) => array(data, *item, value)?,
        Form::Object(fields) => object(data, fields, value)?,
    })
}

fn array(data: &Data<'_>, item: Form, value: Value) -> Result<Json, AdbError> {
    let values = data.slots(value)?.iter();
    let present = values.filter(|value| *value != Value::NULL);
    let items: Result<Vec<Json>, _> = present.map(|value| json(data, item, value)).collect();
    items.map(Json::Array)
}

fn object(
    data: &Data<'_>,
    fields: &[(&'static str, Form)],
    value: Value,
) -> Result<Json, AdbError> {
    let values = fields.iter().zip(data.slots(value)?.iter());
    let present = values.filter(|(_, value)| *value != Value::NULL);
    let named = |((name, form), value): (&(&'static str, Form), Value)| {
        json(data, *form, value).map(|json| ((*name).to_owned(), json))
    };
    let fields: Result<Map<String, Json>, _> = present.map(named).collect();
    fields.map(Json::Object)
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn attribute(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0);
    let (name, value) = bytes.split_at(end.unwrap_or(bytes.len()));
    let value = value.get(1..).unwrap_or_default();
    format!("{}={}", text(name), hex::encode(value))
}

fn dependency(data: &Data<'_>, value: Value) -> Result<String, AdbError> {
    let slots = data.slots(value)?;
    let name = data.blob(slots.get(1))?.unwrap_or_default();
    let version = data.blob(slots.get(2))?;
    let operator = data.number(slots.get(3))?;
    let not = if operator & CONFLICT == 0 { "" } else { "!" };
    let name = text(name);
    Ok(match version {
        Some(version) => format!("{not}{name}{}{}", sign(operator), text(version)),
        None => format!("{not}{name}"),
    })
}

fn sign(operator: u64) -> &'static str {
    const LESS_OR_EQUAL: u64 = LESS | EQUAL;
    const GREATER_OR_EQUAL: u64 = GREATER | EQUAL;
    match operator & !CONFLICT {
        LESS => "<",
        LESS_OR_EQUAL => "<=",
        0 | EQUAL => "=",
        GREATER_OR_EQUAL => ">=",
        GREATER => ">",
        bits if bits == LESS | GREATER => "><",
        bits if bits == LESS | GREATER | EQUAL => "",
        bits if bits | EQUAL == FUZZY | EQUAL => "~",
        bits if bits == FUZZY | LESS_OR_EQUAL => "<~",
        bits if bits == FUZZY | GREATER_OR_EQUAL => ">~",
        _ => "?",
    }
}
