use maud::{Markup, html};
use serde_json::Value;

/// A description; an empty line begins a new paragraph.
pub(super) fn paragraphs(description: &Value) -> Markup {
    let text = description.as_str().unwrap_or_default();
    html! {
        @for part in text.split("\n\n").filter(|part| !part.is_empty()) {
            p { (prose(part)) }
        }
    }
}

/// One line of a description: what stands between backticks is code, as in a doc comment.
pub(super) fn line(description: &Value) -> Markup {
    prose(description.as_str().unwrap_or_default())
}

fn prose(text: &str) -> Markup {
    html! {
        @for (i, part) in text.split('`').enumerate() {
            @if i % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code_and_nothing_is_markup() {
        let drawn = paragraphs(&Value::from("a `<b>` c\n\nd & e"));
        assert_eq!(
            drawn.into_string(),
            "<p>a <code>&lt;b&gt;</code> c</p><p>d &amp; e</p>"
        );
    }
}
