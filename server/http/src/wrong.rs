//! What is wrong with which field of a request, in FastAPI's form.

use serde::Serialize;
use serde_json::{Value, json};
use serde_path_to_error::{Path, Segment};
use utoipa::ToSchema;

use crate::failure::{Failure, cut};

/// Longest text of a request that an answer repeats, characters.
const REPEATED: usize = 100;

/// What is wrong with one field of a request, in FastAPI's form.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct WrongField {
    /// A code for the kind of error.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// The way to the field: `["body", "packages", 0]`.
    pub(crate) loc: Vec<Value>,
    /// What is wrong, for a person.
    pub(crate) msg: String,
    /// What was sent.
    pub(crate) input: Value,
}

/// What was sent, as far as it helps to find it: an answer does not repeat a request.
fn repeated(input: &Value) -> Value {
    match input {
        Value::String(text) => json!(cut(text, REPEATED)),
        Value::Array(list) => json!(format!("a list of {}", list.len())),
        Value::Object(fields) => json!(format!("an object of {}", fields.len())),
        other => other.clone(),
    }
}

/// The refusal of a field that is at `field` in the body.
pub(crate) fn wrong(kind: &'static str, field: &[&str], msg: &str, input: &Value) -> Failure {
    let field = field.iter().map(|name| json!(name));
    Failure::wrong_field(WrongField {
        kind,
        loc: std::iter::once(json!("body")).chain(field).collect(),
        msg: msg.to_owned(),
        input: repeated(input),
    })
}

/// The field a reader stopped at.
pub(crate) fn located(body: &Value, path: &Path, error: &serde_json::Error) -> WrongField {
    let mut loc = vec![json!("body")];
    let mut input = body;
    for segment in path {
        let step = match segment {
            Segment::Seq { index } => json!(index),
            Segment::Map { key } => json!(key),
            Segment::Enum { variant } => json!(variant),
            Segment::Unknown => break,
        };
        input = match &step {
            Value::String(key) => input.get(key),
            Value::Number(index) => index
                .as_u64()
                .and_then(|i| input.get(usize::try_from(i).ok()?)),
            _ => None,
        }
        .unwrap_or(&Value::Null);
        loc.push(repeated(&step));
    }
    let msg = cut(&error.to_string(), 2 * REPEATED);
    // serde tells the kinds of errors apart in words only.
    let (kind, msg) = match missing_field(&msg) {
        Some(field) => {
            loc.push(json!(field));
            ("missing", "Field required".to_owned())
        }
        None if msg.contains("is not a valid") => ("string_pattern_mismatch", msg),
        None if msg.starts_with("invalid type") => ("type_error", msg),
        None => ("value_error", msg),
    };
    WrongField {
        kind,
        loc,
        msg,
        input: repeated(input),
    }
}

fn missing_field(msg: &str) -> Option<String> {
    let rest = msg.strip_prefix("missing field `")?;
    Some(rest.split('`').next()?.to_owned())
}
