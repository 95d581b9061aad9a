//! Why something was refused or failed: one shape for every error answer.

use serde::{Deserialize, Deserializer, Serialize};

/// The body of every error answer.
///
/// `status` and `detail` are what API v1 clients read; the rest is for people and for our own
/// clients. Unknown causes must be shown by `detail`, never cause a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The HTTP status, repeated.
    pub status: u16,
    /// What happened, for a person; one sentence. A list of wrong fields is read as one text.
    #[serde(deserialize_with = "text_of_detail")]
    pub detail: String,
    /// A stable code for programs, e.g. `unsupported-profile`, `package-selection`, `image-too-big`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// What to do next, for a person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// The packages that are at fault, if any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<PackageProblem>,
}

/// One package that cannot be had, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PackageProblem {
    /// The package's name.
    pub name: String,
    /// Why it cannot be had.
    pub reason: String,
    /// What would help, if anything is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Detail {
    Text(String),
    Fields(Vec<WrongField>),
}

#[derive(Deserialize)]
struct WrongField {
    #[serde(default)]
    loc: Vec<Step>,
    msg: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Step {
    Name(String),
    Index(u64),
}

/// Reads a `detail` that is a text, or FastAPI's list of wrong fields, as a text.
pub(crate) fn text_of_detail<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match Detail::deserialize(from)? {
        Detail::Text(text) => text,
        Detail::Fields(fields) => {
            let texts: Vec<String> = fields.iter().map(text_of_field).collect();
            texts.join("; ")
        }
    })
}

fn text_of_field(field: &WrongField) -> String {
    let steps: Vec<String> = field
        .loc
        .iter()
        .map(|step| match step {
            Step::Name(name) => name.clone(),
            Step::Index(index) => index.to_string(),
        })
        .filter(|step| step != "body")
        .collect();
    if steps.is_empty() {
        return field.msg.clone();
    }
    format!("{}: {}", steps.join("."), field.msg)
}
